// 17 mistakes
#![allow(unused_variables)]

use wsgiservice::{Parameter, Problem, limit, mount, resource};

#[mount("/a", etag)]
struct Etag;

#[mount("/b", representations = "json")]
struct Representations;

#[mount("/c")]
#[validate(id, re = [a-z])]
#[validate(word, default)]
struct Rules;

#[mount("/d")]
struct Methods;

#[resource("/d")]
impl Methods {
    fn get(&self) -> u32 {
        1
    }
}

#[mount("/e")]
struct Other;

#[resource]
impl Other {
    #[expires("1d")]
    fn get(&self, #[from("Accept")] accept: String) -> u32 {
        1
    }

    #[limit(content = "5MB")]
    fn post(
        &self,
        #[validate(one_of = "a")] letter: String,
        #[validate(format = email)] mail: String,
        #[validate(doc = 5)] documented: String,
    ) -> u32 {
        1
    }

    #[representation(csv, "text/csv")]
    fn csv(&self, value: &u32) -> String {
        value.to_string()
    }

    #[expires(days = "1")]
    fn query(&self) -> u32 {
        1
    }
}

#[derive(Debug, thiserror::Error, Problem)]
enum Failure {
    #[error("a")]
    #[problem("404")]
    Text,
    #[error("b")]
    #[problem(StatusCode::NOT_FOUND)]
    Constant,
    #[error("c")]
    #[problem(401, "Basic")]
    Challenge,
}

#[derive(Parameter)]
enum Word {
    #[parameter("a")]
    A,
}

fn main() {}
