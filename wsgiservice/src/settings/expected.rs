//! What a value of a setting must be, in the words of an operator. The messages of serde and of the standard library, from which this is
//! made, are for the author of the type.

/// The start of the message about a value of another type.
const WRONG_TYPE: &str = "invalid type: ";

/// The most useful of these messages: one about the value is more useful than one about its type.
pub(super) fn most_telling(messages: &[String]) -> String {
    let of_value = messages.iter().find(|message| !message.starts_with(WRONG_TYPE));
    of_value.or(messages.first()).map_or_else(String::new, |message| in_words(message))
}

fn in_words(message: &str) -> String {
    let mismatch = message.strip_prefix(WRONG_TYPE).or(message.strip_prefix("invalid value: "));
    if let Some((found, expected)) = mismatch.and_then(|it| it.rsplit_once(", expected ")) {
        let (expected, found) = (of_type(expected), found.strip_prefix("string ").unwrap_or(found));
        return format!("expected {expected}, found {found}");
    }
    let expected = match message {
        "invalid socket address syntax" => of_type("socket address"),
        "invalid IP address syntax" => of_type("IP address"),
        "invalid IPv4 address syntax" => of_type("IPv4 address"),
        "invalid IPv6 address syntax" => of_type("IPv6 address"),
        _ if message.starts_with("cannot convert float seconds to Duration") => {
            "a number of seconds, for example 2.5"
        }
        _ => return message.to_owned(),
    };
    format!("expected {expected}")
}

/// What a type accepts, in words.
fn of_type(expected: &str) -> &str {
    match expected {
        "u8" => "a whole number from 0 to 255",
        "u16" => "a whole number from 0 to 65535",
        "u32" => "a whole number from 0 to 4294967295",
        "u64" | "u128" | "usize" => "a whole number, 0 or more",
        "i8" => "a whole number from -128 to 127",
        "i16" => "a whole number from -32768 to 32767",
        "i32" => "a whole number from -2147483648 to 2147483647",
        "i64" | "i128" | "isize" => "a whole number",
        "f32" | "f64" => "a number, for example 2.5",
        "a boolean" => "true or false",
        "a string" => "text",
        "a sequence" => r#"a list, for example ["a", "b"]"#,
        "socket address" => "an IP address and a port, for example 127.0.0.1:8001",
        "IP address" | "IPv4 address" => "an IP address, for example 127.0.0.1",
        "IPv6 address" => "an IP address, for example ::1",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_is_expected_before_what_was_found() {
        for (messages, expected) in [
            (
                &[r#"invalid type: string "x", expected u8"#][..],
                r#"expected a whole number from 0 to 255, found "x""#,
            ),
            (&["invalid type: map, expected a string"], "expected text, found map"),
            (&["a type's own"], "a type's own"),
            (
                &[
                    "invalid type: string \"-5\", expected usize",
                    "invalid value: integer `-5`, expected usize",
                ],
                "expected a whole number, 0 or more, found integer `-5`",
            ),
            (&[], ""),
        ] {
            let messages: Vec<_> = messages.iter().map(|&it| it.to_owned()).collect();
            assert_eq!(most_telling(&messages), expected);
        }
    }
}
