//! What the text of a setting can be, by its type, so that the compiler can tell whether a rule fits.

use std::marker::PhantomData;

use super::{Parameter, ParameterKind};

/// The type of a setting, or of what is in its `Option` or `Vec`.
///
/// A constant of the type itself comes before one of a trait. So a type that is no parameter has that of the trait.
#[derive(Debug)]
pub struct SettingType<T>(PhantomData<fn() -> T>);

impl<T: Parameter> SettingType<T> {
    /// That of the parameter.
    pub const KIND: ParameterKind = T::KIND;
}

impl<T: Parameter> SettingType<Option<T>> {
    /// That of the parameter.
    pub const KIND: ParameterKind = T::KIND;
}

impl<T: Parameter> SettingType<Vec<T>> {
    /// That of the parameter.
    pub const KIND: ParameterKind = T::KIND;
}

/// The type of any other setting.
pub trait OtherSettingType {
    /// Only the type itself tells.
    const KIND: ParameterKind = ParameterKind::any();
}

impl<T> OtherSettingType for SettingType<T> {}
