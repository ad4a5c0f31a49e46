//! The header fields of a delivery, as the HTTP binding of CloudEvents has them (version 1.0, binary content mode).

use std::fmt::Write;

use crate::{spool::Claim, time};

/// The fields of a message, with the cluster that it was accepted in.
pub(crate) fn fields(claim: &Claim, cluster: &str) -> [(&'static str, String); 6] {
    let subject = match &*claim.name {
        "" => claim.user.clone(),
        name => format!("{}/{name}", claim.user),
    };
    [
        ("ce-id", claim.message_id.clone()),
        ("ce-source", encoded(&format!("/{cluster}/pipeline"))),
        ("ce-specversion", "1.0".to_owned()),
        ("ce-type", encoded(&claim.topic)),
        ("ce-subject", encoded(&subject)),
        ("ce-time", time::text(claim.at)),
    ]
}

/// Encodes the value of an attribute (HTTP binding, section 3.1.3.2): spaces, quotes, `%`, and all but visible ASCII.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        match byte {
            b'"' | b'%' => write!(text, "%{byte:02X}").unwrap_or_default(),
            0x21..=0x7e => text.push(byte.into()),
            byte => write!(text, "%{byte:02X}").unwrap_or_default(),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_encoded_as_the_binding_says() {
        assert_eq!(encoded("Euro € 😀"), "Euro%20%E2%82%AC%20%F0%9F%98%80", "its own example");
        assert_eq!(encoded("a/b\"c%d~!"), "a/b%22c%25d~!");
    }
}
