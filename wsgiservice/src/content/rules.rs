//! The rules of garde on the members of the content.

use garde::{Validate, error::Kind};

use crate::declaration::{BrokenRule, MemberRules, Step};

/// The rules of a type.
pub(crate) fn of<T: Validate + 'static>() -> MemberRules
where
    T::Context: Default,
{
    MemberRules::new(|value| value.downcast_ref::<T>().map(broken).unwrap_or_default())
}

fn broken<T: Validate>(value: &T) -> Vec<BrokenRule>
where
    T::Context: Default,
{
    let Err(report) = value.validate() else { return Vec::new() };
    let broken = report.into_inner().into_iter().map(|(path, error)| {
        // A dot in a key of a map could not be told from that between two keys in the text of a path.
        let steps = path.__iter().rev().filter_map(|(kind, name)| match kind {
            Kind::None => None,
            Kind::Key => Some(Step::Member(name.to_string())),
            Kind::Index => Some(Step::Element(name.to_string())),
        });
        BrokenRule { path: steps.collect(), message: error.message().to_owned() }
    });
    broken.collect()
}
