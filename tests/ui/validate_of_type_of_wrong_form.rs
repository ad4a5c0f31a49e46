// 8 mistakes
use wsgiservice::Parameter;

#[derive(Parameter)]
#[validate(name, len = 1..=20)]
struct Named(String);

#[derive(Parameter)]
#[validate(length = 20)]
struct Unknown(String);

#[derive(Parameter)]
#[validate(default = "a", convert = str::parse)]
struct Default(String);

#[derive(Parameter)]
struct OnField(#[validate(len = 1..=20)] String);

#[derive(Parameter)]
enum OnVariant {
    #[validate(doc = "The first.")]
    First,
}

/// A name.
#[derive(Parameter)]
#[validate(doc = "A name.")]
struct DocumentedTwice(String);

#[wsgiservice::validate(len = 1..=20)]
struct WithoutDerive(String);

fn main() {}
