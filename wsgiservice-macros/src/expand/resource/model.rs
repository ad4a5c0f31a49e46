//! From an impl to the model of a resource.

use proc_macro2::TokenStream;
use syn::{Attribute, Generics, ReturnType, Type, spanned::Spanned};

use crate::{
    check,
    expand::limits,
    input::{
        Errors, attribute,
        condition::Conditions,
        constraint::{constraint_of, named_constraint},
        documentation, extract,
        function::{Argument, Function},
        imp::Impl,
        is_named,
        lifetimes::replaced,
        take_documentation,
    },
    model::{
        Constraint, Deprecation, Freshness, From, Operation, Parameter, Representation, Resource,
    },
};

pub(in crate::expand) fn model(
    arguments: TokenStream,
    item: &mut Impl,
    errors: &mut Errors,
) -> Option<Resource> {
    let krate = errors.take(attribute::crate_argument(arguments));
    for name in ["validate", "expires", "limit"] {
        for attribute in extract(&mut item.attributes, name) {
            let message = format!(
                "`#[{name}]` is not allowed on an impl: move it to the struct or to a method"
            );
            errors.push(syn::Error::new_spanned(&attribute, message));
        }
    }
    check::duplicates(item, errors);
    let mut operations = Vec::new();
    let mut representations = Vec::new();
    for function in &mut item.functions {
        if let Some(attribute) = extract(&mut function.attributes, "representation").first() {
            representations.extend(representation(function, attribute, errors));
        } else {
            operations.extend(operation(function, errors));
        }
    }
    check::operations(&operations, item.self_type.span(), errors);
    Some(Resource {
        krate: krate?,
        generics: item.generics.clone(),
        self_type: item.self_type.clone(),
        operations,
        representations,
    })
}

fn representation(
    function: &Function,
    attribute: &Attribute,
    errors: &mut Errors,
) -> Option<Representation> {
    let (extension, media_type) =
        errors.take(attribute.parse_args_with(attribute::representation))?;
    check::hidden_attributes(&function.attributes, "function", errors);
    check::own_representation(&extension, &media_type, errors);
    let value = match function.arguments.as_slice() {
        [Argument { ty: Type::Reference(reference), .. }] if function.receiver.is_some() => {
            &reference.elem
        }
        _ => {
            let message = "a representation must take `&self` and a reference to what a method returns: `fn html(&self, value: &Value) -> String`";
            errors.at(function.ident.span(), message);
            return None;
        }
    };
    Some(Representation {
        ident: function.ident.clone(),
        conditions: Conditions::of(&function.attributes),
        extension,
        media_type,
        value: replaced(value, &function.generics, "static"),
        returns: returns(function),
    })
}

fn returns(function: &Function) -> Option<Type> {
    match &function.output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(replaced(ty, &function.generics, "static")),
    }
}

fn operation(function: &mut Function, errors: &mut Errors) -> Option<Operation> {
    let role = check::role(function, errors);
    let mut ignored = Errors::default();
    let errors = if check::is_helper(function) { &mut ignored } else { errors };
    check::signature(function, errors);
    check::hidden_attributes(&function.attributes, "method", errors);
    let mut constraints = Vec::new();
    for attribute in extract(&mut function.attributes, "validate") {
        let constraint = errors.take(attribute.parse_args_with(named_constraint));
        constraints.extend(constraint.filter(|it| check::names_argument(it, function, errors)));
    }
    let freshness = freshness(function, errors);
    let limits = limits::limits(&mut function.attributes, errors);
    let deprecation = deprecation(function, errors);
    let generics = &function.generics;
    let parameters: Vec<_> = function
        .arguments
        .iter_mut()
        .map(|argument| parameter(argument, generics, &constraints, errors))
        .collect();
    let operation = Operation {
        ident: function.ident.clone(),
        conditions: Conditions::of(&function.attributes),
        role: role?,
        is_async: function.asyncness.is_some(),
        documentation: documentation(&function.attributes),
        parameters,
        freshness,
        limits,
        deprecation,
        returns: returns(function),
    };
    check::attributes(&operation, errors);
    Some(operation)
}

fn freshness(function: &mut Function, errors: &mut Errors) -> Option<Freshness> {
    let attributes = extract(&mut function.attributes, "expires");
    let attribute = check::once(&attributes, "expires", errors)?;
    let freshness = errors.take(attribute.parse_args_with(attribute::freshness))?;
    check::freshness(&freshness, attribute, errors);
    Some(freshness)
}

fn deprecation(function: &mut Function, errors: &mut Errors) -> Option<Deprecation> {
    let attribute = function.attributes.iter().find(|attribute| is_named(attribute, "deprecated"));
    let deprecation = attribute.map(attribute::deprecation);
    let attributes = extract(&mut function.attributes, "sunset");
    let attribute = check::once(&attributes, "sunset", errors);
    let sunset = attribute.and_then(|it| errors.take(it.parse_args_with(attribute::sunset)));
    let sunset = sunset.unwrap_or_default();
    check::sunset(deprecation.is_some(), &sunset, errors);
    deprecation.map(|deprecation| Deprecation { sunset, ..deprecation })
}

/// A parameter, with the constraints of the argument and of the method; the nearest one wins.
fn parameter(
    argument: &mut Argument,
    generics: &Generics,
    of_method: &[Constraint],
    errors: &mut Errors,
) -> Parameter {
    let ident = argument.ident.clone();
    check::hidden_attributes(&argument.attributes, "argument", errors);
    check::foreign_sources(argument, errors);
    let from = extract(&mut argument.attributes, "from");
    let from = check::once(&from, "from", errors)
        .and_then(|attribute| errors.take(attribute.parse_args_with(attribute::from(&ident))))
        .unwrap_or(From::Name);
    check::from(&from, errors);
    let documentation = take_documentation(&mut argument.attributes);
    let mut merged: Option<Constraint> = None;
    for attribute in extract(&mut argument.attributes, "validate") {
        if let Some(constraint) =
            errors.take(attribute.parse_args_with(constraint_of(ident.clone())))
        {
            merged = Some(merged.map_or(constraint.clone(), |nearer| nearer.or(&constraint)));
        }
    }
    if let (Some(constraint), Some(_)) = (&merged, &documentation) {
        check::documented_once(constraint, errors);
    }
    for constraint in of_method.iter().filter(|constraint| constraint.name == ident) {
        merged = Some(merged.map_or(constraint.clone(), |nearer| nearer.or(constraint)));
    }
    if let Some(constraint) = &merged {
        check::constraint(constraint, errors);
    }
    let is_converted = merged.as_ref().is_some_and(|constraint| constraint.convert.is_some());
    check::argument(argument, is_converted, errors);
    let conditions = Conditions::of(&argument.attributes);
    let ty = replaced(&argument.ty, generics, "static");
    let taken = replaced(&argument.ty, generics, "_");
    Parameter { ident, conditions, ty, taken, from, constraint: merged, documentation }
}
