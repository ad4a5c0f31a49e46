//! The credentials that a resource asks for.

use super::SiteOperation;
use crate::{
    declaration::{Failure, OwnArgument},
    http::challenge::Challenge,
    resource::authorize::Authorizer,
};

/// The credentials that a resource asks for.
#[derive(Debug, Default)]
pub(crate) struct SiteCredentials {
    /// The challenge of each kind. What the errors of `authorize` state is first, and in place of what its arguments say.
    pub(crate) challenges: Vec<Challenge>,
    /// Those that every request must have.
    required: Vec<Challenge>,
}

impl SiteCredentials {
    /// Those of the hook `authorize`, or else of what authorizes the application.
    ///
    /// # Errors
    /// If an error of the hook asks for a key, and nothing says where it is.
    pub(super) fn new(
        authorize: Option<&SiteOperation>,
        authorizer: Option<&Authorizer>,
    ) -> Result<Self, String> {
        let taken = authorize.into_iter().flat_map(SiteOperation::credentials);
        let of_application = authorizer.into_iter().flat_map(|it| of_own(&it.credentials));
        let taken: Vec<_> = taken.chain(of_application).collect();
        let has_key = taken.iter().any(|(challenge, _)| challenge.is_of_key());
        let failures = authorize.map(SiteOperation::failures).into_iter().flatten();
        let mut challenges = Vec::new();
        for text in failures.filter_map(|failure| failure.challenge) {
            match Challenge::stated(text) {
                Some(challenge) if challenges.contains(&challenge) => {}
                Some(challenge) => challenges.push(challenge),
                // The arguments say where the key is.
                None if has_key => {}
                None => return Err(format!("the challenge `{text}` {WITHOUT_PLACE}")),
            }
        }
        let mut required = Vec::new();
        for (challenge, is_required) in taken {
            let stated = challenges.iter().find(|known| known.is_of_scheme_of(challenge)).copied();
            if stated.is_none() {
                challenges.push(challenge);
            }
            required.extend(is_required.then_some(stated.unwrap_or(challenge)));
        }
        Ok(Self { challenges, required })
    }

    /// What is wrong with an operation that can fail with a 401 for which there is no challenge (RFC 9110, section 15.5.2).
    pub(super) fn lacks_challenge(&self, operation: &SiteOperation) -> Option<String> {
        let failures = operation.failures();
        let lacks = |it: &&Failure| it.status == 401 && it.challenge.is_none();
        let is_wrong = self.challenges.is_empty() && failures.iter().any(lacks);
        is_wrong.then(|| {
            let role = operation.role;
            format!(
                "{role} can fail with a 401 without a challenge: take the credentials in `authorize`, or state one, as in \
                 `#[problem(401, challenge = \"Basic realm=\\\"accounts\\\"\")]`"
            )
        })
    }

    /// The sets of credentials of which a request must have one.
    pub(crate) fn alternatives(&self) -> Vec<Vec<Challenge>> {
        let optional = self.challenges.iter().filter(|it| !self.required.contains(it));
        let with = optional.map(|it| self.required.iter().chain([it]).copied().collect());
        let only_required = (!self.required.is_empty()).then(|| self.required.clone());
        only_required.into_iter().chain(with).collect()
    }
}

const WITHOUT_PLACE: &str =
    "of an error does not say where the key is, as in `ApiKey in=\"header\", name=\"X-Api-Key\"`";

/// The challenges of what the service makes itself, and whether each is required.
pub(super) fn of_own(all: &[OwnArgument]) -> impl Iterator<Item = (Challenge, bool)> {
    all.iter().filter_map(|own| Some((own.challenge?, !own.optional)))
}
