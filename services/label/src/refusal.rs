//! Why a request about labels is refused.

use database::data::{Failure, RowState};
use wsgiservice::Problem;

use crate::resources::Label;

/// Why a request about labels is refused. The member `code` tells programs what the text tells people.
#[derive(Debug, thiserror::Error, Problem)]
pub(crate) enum Refusal {
    /// The label has items, and `cascade` does not say that they go with it.
    #[error("the label is not empty")]
    #[problem(409, type = "not-empty", only = [Label::delete])]
    NotEmpty {
        #[problem(extension)]
        items: i64,
        #[problem(extension)]
        code: &'static str,
    },
    /// The label of an item does not exist.
    #[error("the label {0} does not exist")]
    #[problem(404)]
    NoLabel(String),
    /// The label `__all__` has all items with any label, and cannot be changed itself.
    #[error("the label __all__ has all items with any label, and cannot be changed itself")]
    #[problem(400, only = [put, delete])]
    AllItems,
    #[error(transparent)]
    #[problem(transparent)]
    Data(#[from] Failure),
}

impl Refusal {
    /// Refuses to delete a label that has items.
    pub(crate) fn check_empty(items: i64) -> Result<(), Self> {
        if items == 0 { Ok(()) } else { Err(Self::NotEmpty { items, code: "not-empty" }) }
    }

    /// Refuses what needs a label that does not exist.
    pub(crate) fn check_label(state: Option<RowState>, label: &str) -> Result<(), Self> {
        match RowState::present(state) {
            Ok(_) => Ok(()),
            Err(_) => Err(Self::NoLabel(label.to_owned())),
        }
    }
}

/// What the effect of a change returns.
impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Data(failure) => failure,
            refusal => Self::Refused(refusal.into()),
        }
    }
}
