//! Settings of a service that cannot be told apart, from each other or from those of the server.

use std::collections::HashMap;

use super::key::Setting;

/// The flags that each service has.
const FLAGS: [&str; 3] = ["config", "help", "version"];

/// All collisions. They are mistakes in the struct, found at the first start.
pub(super) fn collisions(settings: &[Setting]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut flags = HashMap::new();
    // Those of the server first, since it is the other one that can be renamed.
    let (server, own): (Vec<_>, Vec<_>) = settings.iter().partition(|it| it.is_of_server);
    let tables: Vec<_> = server.iter().map(|it| first(&it.path)).collect();
    for setting in server.into_iter().chain(own) {
        let (path, flag) = (&setting.path, setting.flag());
        if !setting.is_of_server && tables.contains(&first(path)) {
            wrong.push(format!(
                "the server has a setting `{}`: rename the field `{}`",
                first(path),
                first(path)
            ));
        } else if FLAGS.contains(&flag.as_str()) {
            wrong.push(format!("`--{flag}` is a flag of each service: rename the field `{path}`"));
        } else if let Some(other) = flags.insert(flag.clone(), path) {
            wrong.push(format!(
                "`{other}` and `{path}` have the same flag, `--{flag}`: rename one of the fields"
            ));
        }
    }
    wrong.dedup();
    wrong
}

/// The table at the top, or the name.
fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{
        Settings,
        key::{Field, Key, Leaf, settings},
        kind::kind_of,
    };

    const LEAF: Field =
        Field::Leaf(Leaf { default: None, value_name: None, rules: &[], kind: kind_of::<u8> });

    const fn key(name: &'static str, field: Field) -> Key {
        Key { name, documentation: "", field }
    }

    fn wrong(own: &'static [Key]) -> Vec<String> {
        collisions(&settings(own, crate::server::Settings::KEYS))
    }

    #[test]
    fn settings_that_cannot_be_told_apart_are_all_named() {
        const KEYS: &[Key] = &[
            key("fine", LEAF),
            key("bind", LEAF),
            key("limits", Field::Table(&[key("head", LEAF), key("own", LEAF)])),
            key("limits_head", LEAF),
            key("config", LEAF),
            key("a", Field::Table(&[key("b_c", LEAF), key("base", LEAF), key("config", LEAF)])),
            key("a_b", Field::Table(&[key("c", LEAF)])),
        ];
        assert_eq!(
            wrong(KEYS),
            [
                "the server has a setting `bind`: rename the field `bind`",
                "the server has a setting `limits`: rename the field `limits`",
                "`limits.head` and `limits_head` have the same flag, `--limits-head`: rename one of the fields",
                "`--config` is a flag of each service: rename the field `config`",
                "`a.b_c` and `a_b.c` have the same flag, `--a-b-c`: rename one of the fields",
            ]
        );
        assert_eq!(wrong(<()>::KEYS), [""; 0]);
    }
}
