//! Settings: a struct with `#[derive(Settings)]`, from a file, the environment and flags, and where each value came from.
//!
//! The derive writes a table of [`Key`]s, from which the flags, the help and the template are made. The layers are merged
//! as text and TOML into [`Values`], and serde reads each value on its own: so an error knows where its value was
//! written, all errors are reported at once, and the structs of the server and of the service are in one file.

mod collision;
mod default;
mod environment;
mod expected;
mod field;
mod file;
mod flags;
mod invocation;
pub(crate) mod key;
mod kind;
mod nearest;
mod origin;
pub(crate) mod print;
mod read;
mod rules;
mod values;

pub use self::{
    default::{DefaultOf, OtherDefault, Primitive},
    field::{FieldReader, leaf, leaf_from, table},
    key::{Field, Key, Leaf, Literal},
    kind::ValueKind,
    values::Values,
};
pub(crate) use self::{
    flags::Command,
    invocation::Invocation,
    read::{Purpose, Read, read},
};
use crate::declaration::Package;

/// The settings of a service: a struct with `#[derive(Settings)]`, which [`run`](crate::run) reads.
///
/// They are in the same file, environment and flags as those of the server ([`server::Settings`](crate::server::Settings)).
/// Each value is from the last of these that has it:
///
/// 1. the default, `#[setting(default = …)]`
/// 2. the file: that of `--config FILE`, else `NAME.toml` in the working directory, else `/etc/wsgiservice/NAME.toml`
/// 3. the environment: `NAME_DATABASE`, and `NAME_LIMITS__CONTENT` for `content` in the table `limits`
/// 4. the flags: `--database`, `--limits-content`
///
/// `NAME` is the name of the program's file, without an extension such as `.exe`; in variables it is in capitals, with `_` in
/// place of what is neither a letter nor a digit. It is what people type to start the service, and it is known before the
/// application is constructed.
///
/// An unknown key, a value of the wrong type, a required value that is missing, a file that cannot be read: all mistakes are
/// reported at once, and the service does not start. An unknown variable with the prefix `NAME_` is an error if it
/// is almost a known one, and else a warning, since the environment can have variables for other programs: Kubernetes
/// sets `NAME_PORT` and `NAME_SERVICE_HOST` for a service of that name.
///
/// A rule between several settings belongs at the start of the function that constructs the application: it returns an error,
/// as in `if options.least > options.greatest { return Err("least is greater than greatest".into()) }`.
///
/// `NAME config` prints what is in force and where each value came from, and `NAME config --template` prints a file with a
/// comment for each setting.
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Notes { database: String }
/// # #[resource]
/// # impl Notes { fn get(&self) -> u8 { 0 } }
/// use wsgiservice::{Application, Settings};
///
/// #[derive(Settings)]
/// struct Options {
///     /// The database to keep notes in.
///     #[setting(default = "sqlite::memory:")]
///     database: String,
/// }
///
/// fn main() -> wsgiservice::Result<()> {
///     wsgiservice::run(async |options: Options| {
///         Ok(Application::new("notes").mount(Notes { database: options.database }))
///     })
/// }
/// ```
///
/// A service without settings of its own uses [`Application::run`](crate::Application::run), or takes `()`. A pair has the
/// settings of both structs, side by side, such as those of a service and those of all services of a program.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be read from the settings",
    note = "add `#[derive(wsgiservice::Settings)]` to the struct"
)]
pub trait Settings: Sized {
    /// The table of the fields.
    #[doc(hidden)]
    const KEYS: &'static [Key];

    /// The package that the struct is in.
    #[doc(hidden)]
    fn package() -> Option<Package> {
        None
    }

    /// Takes the values of all fields, or none if there was an error, which the values keep.
    #[doc(hidden)]
    fn take(values: &mut Values) -> Option<Self>;

    /// Replaces the fields that are written somewhere.
    #[doc(hidden)]
    fn update(&mut self, values: &mut Values);
}

/// No settings.
#[diagnostic::do_not_recommend]
impl Settings for () {
    const KEYS: &'static [Key] = &[];

    fn take(_: &mut Values) -> Option<Self> {
        Some(())
    }

    fn update(&mut self, _: &mut Values) {}
}

/// The settings of both, in the same table.
#[diagnostic::do_not_recommend]
impl<A: Settings, B: Settings> Settings for (A, B) {
    const KEYS: &'static [Key] = &[
        Key { name: "", documentation: "", field: Field::Table(A::KEYS) },
        Key { name: "", documentation: "", field: Field::Table(B::KEYS) },
    ];

    fn package() -> Option<Package> {
        A::package().or_else(B::package)
    }

    fn take(values: &mut Values) -> Option<Self> {
        let (first, second) = (A::take(values), B::take(values));
        Some((first?, second?))
    }

    fn update(&mut self, values: &mut Values) {
        self.0.update(values);
        self.1.update(values);
    }
}

/// A table of which nothing may be written.
#[diagnostic::do_not_recommend]
impl<T: Settings> Settings for Option<T> {
    const KEYS: &'static [Key] = T::KEYS;

    fn take(values: &mut Values) -> Option<Self> {
        match values.is_written() {
            true => T::take(values).map(Some),
            false => Some(None),
        }
    }

    fn update(&mut self, values: &mut Values) {
        match self {
            Some(table) => table.update(values),
            None => *self = <Self as Settings>::take(values).flatten(),
        }
    }
}
