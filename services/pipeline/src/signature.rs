//! Signatures of deliveries, as Standard Webhooks has them (version 1, symmetric).

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "whsec_";

/// What signs the deliveries of a listener.
#[derive(Clone)]
pub(crate) struct Signer(Hmac<Sha256>);

impl Signer {
    /// Reads a secret.
    pub(crate) fn new(secret: &str) -> Result<Self, String> {
        let wrong = || "expected 24 to 64 bytes in base64 after `whsec_`".to_owned();
        let encoded = secret.strip_prefix(PREFIX).ok_or_else(wrong)?;
        let key = STANDARD.decode(encoded).map_err(|_| wrong())?;
        if !(24..=64).contains(&key.len()) {
            return Err(wrong());
        }
        Hmac::new_from_slice(&key).map(Self).map_err(|_| wrong())
    }

    /// The value of `webhook-signature` of a delivery with this ID, at this time in seconds.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, content: &[u8]) -> String {
        let head = format!("{id}.{timestamp}.");
        let signed = self.0.clone().chain_update(head).chain_update(content).finalize();
        format!("v1,{}", STANDARD.encode(signed.into_bytes()))
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_library_of_the_standard() {
        let key = STANDARD.encode([7; 32]);
        let secret = format!("{PREFIX}{key}");
        let oracle = standardwebhooks::Webhook::new(&secret).expect("a secret");
        let signer = Signer::new(&secret).expect("a secret");
        for (id, content) in [("a/mail", ""), ("b/index", "{\"a\": 1}"), ("c", "Grüezi")] {
            let expected = oracle.sign(id, 1_700_000_000, content.as_bytes()).expect("signed");
            assert_eq!(signer.sign(id, 1_700_000_000, content.as_bytes()), expected);
        }
    }

    #[test]
    fn a_secret_has_a_prefix_and_a_length() {
        for (length, is_right) in [(23, false), (24, true), (64, true), (65, false)] {
            let secret = format!("{PREFIX}{}", STANDARD.encode(vec![1; length]));
            assert_eq!(Signer::new(&secret).is_ok(), is_right, "{length}");
            assert!(Signer::new(secret.trim_start_matches(PREFIX)).is_err());
        }
    }
}
