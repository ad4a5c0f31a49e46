//! Errors for which both `#[mount]` and `#[resource]` are needed, as constants that the compiler evaluates.
//!
//! Each constant calls a function of `declaration::check` in `wsgiservice`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Ident, LitStr, Type};
use wsgiservice_grammar::representation::BUILT_IN;

use super::{
    assertion::Assertion,
    lint::names_self,
    place::{Place, has_name, innermost},
    position::Position,
};
use crate::{
    input::{condition::Conditions, in_backticks, types::type_arguments},
    model::{
        Constraint, From, Mount, Operation, Parameter, Resource, Role, Rule, Source, Value, name,
    },
};

/// Each path variable and each constraint has an argument, and each representation a function.
pub(super) fn of_mount(mount: &Mount) -> Vec<Assertion> {
    let (_, arguments, _) = mount.generics.split_for_impl();
    let ident = &mount.ident;
    let operations = quote!(&__w::TableOf::<#ident #arguments>::OPERATIONS);
    let mut assertions = Vec::new();
    for variable in mount.template.variables() {
        // `#[resource]` reports an argument that has an underscore in front.
        let unused = format!("_{variable}");
        assertions.push(Assertion {
            place: Place::of(&mount.path),
            condition: quote!(__w::check::takes_variable(#operations, #variable) || __w::check::takes_variable(#operations, #unused)),
            fact: format!("path variable `{variable}` is not an argument of any method or hook of `{ident}`"),
            help: format!("add an argument `{variable}`, or remove `{{{variable}}}` from the path"),
            conditions: Conditions::default(),
        });
    }
    for representation in &mount.representations {
        let name = name(representation);
        if BUILT_IN.contains(&name.as_str()) {
            continue;
        }
        let built_in = in_backticks(BUILT_IN.iter().copied());
        assertions.push(Assertion {
            place: Place::of(representation),
            condition: quote!(__w::check::is_represented(#operations, #name)),
            fact: format!(
                "unknown representation `{name}`, expected {built_in} or one that `{ident}` defines"
            ),
            help: format!("add a function with `#[representation(\".{name}\", …)]`"),
            conditions: Conditions::default(),
        });
    }
    for (index, constraint) in mount.constraints.iter().enumerate() {
        assertions.extend(of_constraint(mount, &operations, index, constraint));
    }
    assertions
}

/// A constraint of a struct has an argument, and its rules and its values fit the type of each argument of its name.
fn of_constraint(
    mount: &Mount,
    operations: &TokenStream,
    index: usize,
    constraint: &Constraint,
) -> Vec<Assertion> {
    let (_, arguments, _) = mount.generics.split_for_impl();
    let ident = &mount.ident;
    let parameter = name(&constraint.name);
    let table = quote!(<#ident #arguments as __w::Mounted>::MOUNT.constraints[#index]);
    let everywhere = |question: &str, operand: TokenStream| {
        let question = quote::format_ident!("{question}_everywhere");
        quote!(__w::check::#question(#operations, #parameter, #operand))
    };
    let mut assertions = Vec::new();
    // A path variable without an argument has an error of its own.
    if mount.template.variables().all(|variable| variable != parameter) {
        assertions.push(Assertion {
            place: Place::of(&constraint.name),
            condition: quote!(__w::check::takes(#operations, #parameter)),
            fact: format!("`{parameter}` is not an argument of any method or hook of `{ident}`"),
            help: format!("write the name of an argument, or add an argument `{parameter}`"),
            conditions: Conditions::default(),
        });
    }
    assertions.extend(of_constants(constraint, &table));
    if constraint.rules.is_empty() {
        let condition = quote!(__w::check::is_named_everywhere(#operations, #parameter));
        assertions.push(cannot_be_validated(constraint, condition));
    }
    for (position, rule) in constraint.rules.iter().enumerate() {
        let condition = everywhere("applies", quote!(&#table.rules[#position]));
        assertions.push(does_not_apply(rule, &parameter, condition));
        for text in checked_texts(rule) {
            assertions.push(is_not_a_value(text, &parameter, everywhere("allows", quote!(#text))));
        }
    }
    if let Some(default) = &constraint.default {
        let condition = everywhere("default_fits", quote!(&#table));
        assertions.push(does_not_fit("default", default, &parameter, condition));
        let condition = quote!(!__w::check::is_optional_somewhere(#operations, #parameter));
        assertions.push(is_never_absent(default, &parameter, condition));
    }
    if let Some(example) = &constraint.example {
        let condition = everywhere("example_fits", quote!(&#table));
        assertions.push(does_not_fit("example", example, &parameter, condition));
    }
    assertions
}

/// What `check` verifies of literals, for constants: a rule allows a value, and the default and the example are among them.
fn of_constants(constraint: &Constraint, table: &TokenStream) -> Vec<Assertion> {
    let mut assertions = Vec::new();
    for (position, rule) in constraint.rules.iter().enumerate() {
        assertions.extend(is_satisfiable(rule, &quote!(#table.rules[#position])));
    }
    let is_known = !constraint.rules.iter().any(Rule::has_constant);
    for (what, value) in [("default", &constraint.default), ("example", &constraint.example)] {
        let Some(value) = value else { continue };
        if is_known && value.literal().is_some() {
            continue;
        }
        let field = quote::format_ident!("{what}");
        assertions.push(Assertion {
            place: Place::of(value),
            condition: quote!(__w::check::satisfies(&#table.#field, #table.rules)),
            fact: format!("the {what} violates a rule beside it"),
            help: "write a value that the rules allow".to_owned(),
            conditions: Conditions::default(),
        });
    }
    assertions
}

/// The rules and the example of a type fit the text that it is read from.
pub(super) fn of_type(
    ident: &Ident,
    this: &TokenStream,
    constraint: &Constraint,
) -> Vec<Assertion> {
    let table = quote!(<#this as __w::Parameter>::CONSTRAINT.own);
    let kind = quote!(&<#this as __w::Parameter>::KIND.as_argument());
    let name = name(ident);
    let mut assertions = of_constants(constraint, &table);
    for (position, rule) in constraint.rules.iter().enumerate() {
        let condition = quote!(__w::check::applies(#kind, &#table.rules[#position]));
        assertions.push(Assertion {
            help: "remove the rule, or change the type of the field".to_owned(),
            ..does_not_apply(rule, &name, condition)
        });
        for text in checked_texts(rule) {
            assertions.push(is_not_a_value(text, &name, quote!(__w::check::allows(#kind, #text))));
        }
    }
    if let Some(example) = &constraint.example {
        let condition = quote!(__w::check::example_fits(#kind, &#table));
        assertions.push(does_not_fit("example", example, &name, condition));
    }
    assertions
}

/// The rules of a setting fit its type, and are those that they seem to be.
pub(super) fn of_setting(name: &str, ty: &Type, table: &Ident, rules: &[Rule]) -> Vec<Assertion> {
    let kind =
        quote!({ use __w::OtherSettingType as _; &__w::SettingType::<#ty>::KIND.as_argument() });
    let mut assertions = Vec::new();
    for (position, rule) in rules.iter().enumerate() {
        assertions.extend(is_satisfiable(rule, &quote!(#table[#position])));
        let condition = quote!(__w::check::applies(#kind, &#table[#position]));
        assertions.push(Assertion {
            help: "remove the rule, or change the type of the field".to_owned(),
            ..does_not_apply(rule, name, condition)
        });
        for text in checked_texts(rule) {
            assertions.push(is_not_a_value(text, name, quote!(__w::check::allows(#kind, #text))));
        }
    }
    assertions
}

/// Of a rule with a constant, only the compiler knows whether anything satisfies it.
fn is_satisfiable(rule: &Rule, table: &TokenStream) -> Option<Assertion> {
    rule.has_constant().then(|| Assertion {
        place: Place::at(rule.span()),
        condition: quote!(#table.is_satisfiable()),
        fact: format!("no value satisfies `{}`", rule.name),
        help: "the constant has another value than the rule needs".to_owned(),
        conditions: Conditions::default(),
    })
}

fn cannot_be_validated(constraint: &Constraint, condition: TokenStream) -> Assertion {
    Assertion {
        place: Place::of(&constraint.name),
        condition,
        fact: format!(
            "`{}` cannot be validated: it is neither a value nor a file",
            constraint.name
        ),
        help: "remove its `#[validate]`".to_owned(),
        conditions: Conditions::default(),
    }
}

fn does_not_apply(rule: &Rule, parameter: &str, condition: TokenStream) -> Assertion {
    let subject = rule.subject();
    Assertion {
        place: Place::of(&rule.name),
        condition,
        fact: format!("rule `{}` applies only to {subject}, which `{parameter}` is not", rule.name),
        help: "remove the rule, or change the type of the argument".to_owned(),
        conditions: Conditions::default(),
    }
}

/// The values that a rule lists, but for constants of `Self`, which has no meaning beside the impl. They are checked when the
/// application is built.
fn checked_texts(rule: &Rule) -> impl Iterator<Item = &Expr> {
    rule.allowed_texts().iter().filter(|text| !names_self(text.to_token_stream()))
}

fn is_not_a_value(text: &Expr, parameter: &str, condition: TokenStream) -> Assertion {
    Assertion {
        place: Place::of(text),
        condition,
        fact: format!("{} cannot be a value of `{parameter}`", text.to_token_stream()),
        help: format!("write values of the type of `{parameter}`"),
        conditions: Conditions::default(),
    }
}

fn does_not_fit(what: &str, literal: &Value, parameter: &str, condition: TokenStream) -> Assertion {
    Assertion {
        place: Place::of(literal),
        condition,
        fact: format!("the {what} does not fit the type of `{parameter}`"),
        help: format!("write a value of the type of `{parameter}`"),
        conditions: Conditions::default(),
    }
}

fn is_never_absent(default: &Value, parameter: &str, condition: TokenStream) -> Assertion {
    Assertion {
        place: Place::of(default),
        condition,
        fact: format!("`{parameter}` has a default, so it is never `None`"),
        help: "remove the `Option` from the type of the argument, or remove the default".to_owned(),
        conditions: Conditions::default(),
    }
}

/// The arguments of each method fit together, and fit the path and their rules.
pub(super) fn of_resource(resource: &Resource) -> Vec<Assertion> {
    let mut assertions = Vec::new();
    for (position, operation) in resource.operations.iter().enumerate() {
        for (index, parameter) in operation.parameters.iter().enumerate() {
            let argument = Argument { resource, operation, position, index, parameter };
            let conditions = operation.conditions.and(&parameter.conditions);
            let conditioned = |it| Assertion { conditions: conditions.clone(), ..it };
            assertions.extend(argument.assertions().into_iter().map(conditioned));
        }
    }
    assertions
}

/// An argument, and its position in the table.
struct Argument<'a> {
    resource: &'a Resource,
    operation: &'a Operation,
    position: usize,
    index: usize,
    parameter: &'a Parameter,
}

impl Argument<'_> {
    fn assertions(&self) -> Vec<Assertion> {
        let mut assertions = self.suits_source();
        assertions.extend(self.has_no_underscore());
        let is_get = self.operation.role == Role::Method("GET");
        if is_get || self.operation.role.is_hook() {
            assertions.push(self.needs_no_content());
        } else if self.index > 0 {
            assertions.push(self.is_only_content());
            assertions.push(self.has_no_content_conflict());
        }
        if matches!(self.parameter.from, From::Name) && self.operation.role.is_hook() {
            assertions.push(self.is_of_a_method());
        }
        assertions.extend(self.rules_fit());
        assertions
    }

    /// The kind of an argument, as a constant.
    fn kind(&self, index: usize) -> TokenStream {
        let table = self.table(index);
        quote!(&#table.argument)
    }

    fn table(&self, index: usize) -> TokenStream {
        let operations = self.operations();
        let before = self.resource.operations.iter().take(self.position);
        let position = Position::after(before.map(|it| &it.conditions));
        let before = self.operation.parameters.iter().take(index);
        let index = Position::after(before.map(|it| &it.conditions));
        quote!(#operations.operations[#position].parameters[#index])
    }

    fn operations(&self) -> TokenStream {
        let self_type = &self.resource.self_type;
        quote!(<#self_type as __w::Resource>::OPERATIONS)
    }

    fn mount(&self) -> TokenStream {
        let self_type = &self.resource.self_type;
        quote!(&<#self_type as __w::Mounted>::MOUNT)
    }

    fn at_type(
        &self,
        condition: TokenStream,
        fact: impl Into<String>,
        help: impl Into<String>,
    ) -> Assertion {
        let place = Place::of(&self.parameter.ty);
        Assertion {
            place,
            condition,
            fact: fact.into(),
            help: help.into(),
            conditions: Conditions::default(),
        }
    }

    /// The type of the argument can come from where it comes from.
    fn suits_source(&self) -> Vec<Assertion> {
        let parameter = self.table(self.index);
        let can_be_sent = |fact: &str, help: &str| {
            let condition = quote!(__w::check::suits_source(&#parameter));
            vec![self.at_type(condition, fact, help)]
        };
        match &self.parameter.from {
            From::Name => [self.suits_path()].into_iter().chain(self.needs_no_source()).collect(),
            From::Source(Source::Path, variable) => {
                let mut assertions = vec![self.is_variable(variable)];
                assertions.extend(can_be_sent(
                    "an argument from the path must be a parameter, and no `Option` or `Secret`",
                    "use a parameter: a path variable is never absent, and is seen",
                ));
                assertions
            }
            From::Source(Source::Query, _) => can_be_sent(
                "an argument from the query must be a parameter or an `ApiKey`, and no `Secret`",
                "use a parameter, or an `Option` or a `Vec` of one: the query is in logs and histories",
            ),
            From::Source(Source::Content, _) => can_be_sent(
                "an argument from a member of the content must be a parameter or a `File`",
                "use a parameter or a `File`, or an `Option` or a `Vec` of one",
            ),
            From::Source(Source::Header, _) => can_be_sent(
                "an argument from a header field must be a parameter or an `ApiKey`",
                "use a parameter, or an `Option` or a `Vec` of one",
            ),
            From::Source(Source::Cookie, _) => can_be_sent(
                "an argument from a cookie must be a parameter or an `ApiKey`",
                "use a parameter, or an `Option` or a `Vec` of one",
            ),
        }
    }

    fn suits_path(&self) -> Assertion {
        let variable = self.parameter.name();
        let (mount, parameter) = (self.mount(), self.table(self.index));
        self.at_type(
            quote!(__w::check::suits_path(#mount, &#parameter)),
            format!("path variable `{variable}` cannot be an `Option` or a `Secret`"),
            "remove the `Option` or the `Secret`: a path variable is never absent, and is seen",
        )
    }

    /// An `ApiKey` has a source. The name of the type only decides whether to ask; what has another name is reported when
    /// the application is built.
    fn needs_no_source(&self) -> Option<Assertion> {
        let ty = innermost(&self.parameter.ty).to_token_stream().to_string();
        let kind = self.kind(self.index);
        ty.ends_with("ApiKey").then(|| {
            self.at_type(
                quote!(__w::check::needs_no_source(#kind)),
                "an `ApiKey` needs a source",
                "add `#[from(header = \"X-Api-Key\")]`, with the name of a header field, a `cookie` or a parameter of the `query`",
            )
        })
    }

    fn is_variable(&self, variable: &LitStr) -> Assertion {
        let mount = self.mount();
        Assertion {
            place: Place::of(variable),
            condition: quote!(__w::check::has_variable(#mount, #variable)),
            fact: format!("`{}` is not a variable of the path", variable.value()),
            help: "write the name of a variable, as it is in the path of `#[mount]`".to_owned(),
            conditions: Conditions::default(),
        }
    }

    /// An argument `_id` is not taken for the path variable `id`.
    fn has_no_underscore(&self) -> Option<Assertion> {
        if !matches!(self.parameter.from, From::Name) {
            return None;
        }
        let name = self.parameter.name();
        let without = name.strip_prefix('_').filter(|without| !without.is_empty())?;
        let (mount, operations) = (self.mount(), self.operations());
        Some(Assertion {
            place: Place::of(&self.parameter.ident),
            condition: quote!(!__w::check::is_missing(#mount, &#operations, #without)),
            fact: format!("argument `{name}` is not the path variable `{without}`"),
            help: format!("rename it to `{without}`"),
            conditions: Conditions::default(),
        })
    }

    fn needs_no_content(&self) -> Assertion {
        let parameter = self.table(self.index);
        let is_hook = self.operation.role.is_hook();
        let fact = match is_hook {
            true => "hooks cannot read the content",
            false => "`get` cannot read the content",
        };
        // The name of the type only decides on the help.
        let ty = &self.parameter.ty;
        let mut types = [ty].into_iter().chain(type_arguments(ty));
        let is_secret = types.any(|ty| has_name(ty, &["Secret"]));
        let help = match (is_secret, is_hook) {
            (true, _) => {
                "add `#[from(header = \"X-Token\")]`, or a `cookie`: a `Secret` cannot be in the path or the query"
            }
            (false, true) => "use parameters in the path or the query",
            (false, false) => "use parameters in the path or the query, or implement `post`",
        };
        self.at_type(quote!(!__w::check::needs_content(&#parameter)), fact, help)
    }

    fn is_of_a_method(&self) -> Assertion {
        let (mount, operations) = (self.mount(), self.operations());
        let (kind, name) = (self.kind(self.index), self.parameter.name());
        self.at_type(
            quote!(__w::check::suits_hook(#mount, &#operations, #name, #kind)),
            format!("`{name}` is neither a path variable nor an argument of a method"),
            "a hook cannot have other arguments: add the argument to a method, or remove it",
        )
    }

    fn is_only_content(&self) -> Assertion {
        let kind = self.kind(self.index);
        let before = self.before(|index| {
            let kind = self.kind(index);
            quote!(__w::check::is_content(#kind))
        });
        self.at_type(
            quote!(!(__w::check::is_content(#kind) && (#(#before)||*))),
            "a method can read the content only once",
            "use one struct for both arguments",
        )
    }

    /// A question to each argument before this one that exists.
    fn before(&self, question: impl Fn(usize) -> TokenStream) -> impl Iterator<Item = TokenStream> {
        let parameters = self.operation.parameters.iter().take(self.index).enumerate();
        parameters.map(move |(index, parameter)| {
            let question = question(index);
            if parameter.conditions.is_empty() {
                return question;
            }
            let exists = parameter.conditions.as_expression();
            quote!((#exists && #question))
        })
    }

    fn has_no_content_conflict(&self) -> Assertion {
        let parameter = self.table(self.index);
        let before = self.before(|index| {
            let before = self.table(index);
            quote!(__w::check::content_conflicts(&#parameter, &#before))
        });
        self.at_type(
            quote!(!(#(#before)||*)),
            "members of the content, such as a `File` or a `Secret`, cannot be combined with `ContentStream` or `FormStream`, which consume the content",
            "read it from a `FormStream`",
        )
    }

    fn rules_fit(&self) -> Vec<Assertion> {
        let Some(constraint) = &self.parameter.constraint else { return Vec::new() };
        let (kind, name) = (self.kind(self.index), self.parameter.name());
        let table = self.table(self.index);
        let mut assertions = of_constants(constraint, &quote!(#table.constraint));
        if constraint.rules.is_empty() {
            assertions.push(cannot_be_validated(constraint, quote!(__w::check::is_named(#kind))));
        }
        for (position, rule) in constraint.rules.iter().enumerate() {
            let condition = quote!(__w::check::applies(#kind, &#table.constraint.rules[#position]));
            assertions.push(does_not_apply(rule, &name, condition));
            for text in checked_texts(rule) {
                let condition = quote!(__w::check::allows(#kind, #text));
                assertions.push(is_not_a_value(text, &name, condition));
            }
        }
        if let Some(default) = &constraint.default {
            assertions.extend(self.value_fits("default", default));
            let condition = quote!(!__w::check::is_optional(#kind));
            assertions.push(is_never_absent(default, &name, condition));
        }
        if let Some(example) = &constraint.example {
            assertions.extend(self.value_fits("example", example));
        }
        assertions
    }

    /// The default or the example fits the type, and the rules of the struct and of the type.
    fn value_fits(&self, what: &str, literal: &Value) -> [Assertion; 3] {
        let (mount, kind, name) = (self.mount(), self.kind(self.index), self.parameter.name());
        let table = self.table(self.index);
        let fits = quote::format_ident!("{what}_fits");
        let keeps = quote::format_ident!("{what}_keeps");
        let fits = quote!(__w::check::#fits(#kind, &#table.constraint));
        let keeps = quote!(__w::check::#keeps(#mount, &#table.constraint));
        let suits = quote::format_ident!("{what}_suits_type");
        let suits = quote!(__w::check::#suits(#mount, &#table));
        [
            does_not_fit(what, literal, &name, fits),
            Assertion {
                place: Place::of(literal),
                condition: keeps,
                fact: format!("the {what} violates a rule of the struct"),
                help: format!("write a value that the rules for `{name}` on the struct allow"),
                conditions: Conditions::default(),
            },
            Assertion {
                place: Place::of(literal),
                condition: suits,
                fact: format!("the {what} violates a rule of the type of `{name}`"),
                help: "write a value that the rules on the type allow".to_owned(),
                conditions: Conditions::default(),
            },
        ]
    }
}
