//! The expansion of `#[resource]`: the impl's part of the declaration, and a `match` that binds calls.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, Generics, Path, ReturnType, Type, spanned::Spanned};
use wsgiservice_grammar::hook::Hook;

use super::{
    assertion, assertions, constraint::constraint, limits, lint, option, outlive, place::Place,
    position::Position, unnamed_items, without_lifetimes,
};
use crate::{
    check,
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
        types::type_arguments,
    },
    model::{
        Constraint, Deprecation, Freshness, From, Operation, Parameter, Representation, Resource,
        Role,
    },
};

pub(super) fn model(
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
    let from = extract(&mut argument.attributes, "from");
    let from = check::once(&from, "from", errors)
        .and_then(|attribute| errors.take(attribute.parse_args_with(attribute::from)))
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

pub(super) fn expand(resource: &Resource) -> TokenStream {
    let Resource { krate, self_type, .. } = resource;
    let table = resource.operations.iter().map(describe);
    let arms = resource
        .operations
        .iter()
        .enumerate()
        .map(|(position, operation)| arm(resource, position, operation));
    let own = resource.representations.iter().map(|own| {
        let Representation { conditions, extension, media_type, value, returns, .. } = own;
        let returns = returns.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
        quote! {
            #conditions
            __w::Representation {
                extension: #extension,
                media_type: #media_type,
                value: __w::TypeId::of::<#value>,
                returns: __w::returns!(#returns),
            }
        }
    });
    let represent = represent(resource);
    let principals = principals(resource);
    let (generics, _, where_clause) = resource.generics.split_for_impl();
    let (checked, checks) =
        assertion::place(&resource.generics, &assertions::of_resource(resource));
    let items = unnamed_items(
        krate,
        &quote! {
            use __w::ReturnValueExt as _;
            #[automatically_derived]
            impl #generics __w::Resource for #self_type #where_clause {
                const OPERATIONS: __w::Operations = __w::Operations {
                    operations: &[#(#table),*],
                    representations: &[#(#own),*],
                    valid: true,
                };
                #checked
                fn bind<'a>(
                    &'a self,
                    operation: ::core::primitive::usize,
                    arguments: &mut __w::Arguments<'a>,
                ) -> __w::Option<__w::Call<'a>>
                where
                    for<'b> &'b Self: ::core::marker::Send,
                {
                    match operation {
                        #(#arms)*
                        _ => __w::None,
                    }
                }
                #represent
            }
            #checks
            #principals
        },
    );
    let lints = lint::lost_updates(resource);
    quote!(#items #lints)
}

/// Asks the compiler whether each `Authorized<T>` is what the hook `authorize` returns.
///
/// Of a resource with type parameters, and of an argument whose type has another name, the application asks when it is built.
fn principals(resource: &Resource) -> Option<TokenStream> {
    let is_authorize = |operation: &&Operation| operation.role == Role::Hook(Hook::Authorize);
    let authorize = resource.operations.iter().find(is_authorize)?;
    // What is no `Result` has an error of its own.
    authorize.returns.as_ref().filter(|returns| type_arguments(returns).len() == 2)?;
    if !resource.generics.params.is_empty() {
        return None;
    }
    let returns = whole_return(authorize).path("Same", &authorize.returns.to_token_stream());
    let returned = quote!(<#returns as __w::AuthorizeReturn<_>>::Principal);
    let others = resource.operations.iter().filter(|operation| !is_authorize(operation));
    let arguments = others.flat_map(|operation| {
        let conditioned =
            |parameter: &'_ Parameter| operation.conditions.and(&parameter.conditions);
        operation.parameters.iter().map(move |it| (conditioned(it), &it.ty))
    });
    let mut wrappers = arguments.filter(|(_, ty)| type_arguments(ty).len() == 1).peekable();
    wrappers.peek()?;
    let checks = wrappers.map(|(conditions, ty)| {
        let place = Place::of_value(ty);
        let check = place.function("PrincipalOf", &returned, "check");
        let found = place.spanned(quote!(found));
        quote! {
            #conditions
            {
                let #found = __w::TakenPrincipal::<#ty, #returned>::new().principal();
                #check(#found);
            }
        }
    });
    let conditions = &authorize.conditions;
    Some(quote! {
        use __w::TakenPrincipalExt as _;
        #[allow(dead_code)]
        #conditions
        fn principals() {
            #(#checks)*
        }
    })
}

/// The facts about an operation, as a constant.
fn describe(operation: &Operation) -> TokenStream {
    let Operation { conditions, documentation, is_async, .. } = operation;
    let role = match operation.role {
        Role::Method(name) => quote!(Method(#name)),
        Role::Hook(hook) => {
            let hook = format_ident!("{hook:?}");
            quote!(Hook(__w::Hook::#hook))
        }
    };
    let parameters = operation.parameters.iter().map(describe_parameter);
    let freshness = option(operation.freshness.as_ref().map(describe_freshness));
    let limits = limits::describe(&operation.limits);
    let returns = operation.returns.as_ref().map_or_else(|| quote!(()), ToTokens::to_token_stream);
    let deprecation = option(operation.deprecation.as_ref().map(describe_deprecation));
    let is_authorize = operation.role == Role::Hook(Hook::Authorize);
    let principal = option(is_authorize.then(|| {
        let whole = whole_return(operation).path("Same", &returns);
        quote!(<#whole as __w::AuthorizeReturn<_>>::PRINCIPAL)
    }));
    quote! {
        #conditions
        __w::Operation {
            role: __w::Role::#role,
            is_async: #is_async,
            documentation: #documentation,
            parameters: &[#(#parameters),*],
            freshness: #freshness,
            limits: #limits,
            deprecation: #deprecation,
            returns: __w::returns!(#returns),
            principal: #principal,
        }
    }
}

fn describe_parameter(parameter: &Parameter) -> TokenStream {
    let (name, ty) = (parameter.name(), &parameter.ty);
    let argument = match parameter.convert() {
        Some(convert) => quote! {
            __w::converted::<#ty, _, _, _>(#convert, |text| __w::converts(#convert, text))
        },
        None => {
            let ty = argument_type(ty);
            quote!(<#ty as __w::Argument<'_, _>>::ARGUMENT)
        }
    };
    let from = match &parameter.from {
        From::Name => quote!(Name),
        From::Source(source, name) => {
            let source = format_ident!("{source:?}");
            quote!(#source(#name))
        }
    };
    let documentation = parameter.documentation.as_ref();
    let constraint = match (&parameter.constraint, documentation) {
        (Some(it), _) => constraint(it, documentation),
        (None, Some(_)) => constraint(&Constraint::new(parameter.ident.clone()), documentation),
        (None, None) => quote!(__w::Constraint::none(#name)),
    };
    let conditions = &parameter.conditions;
    let rules = Place::of_value(ty).spanned(quote!(rules));
    quote! {
        #conditions
        __w::ParameterDescriptor {
            name: #name,
            argument: #argument,
            content: __w::content!(#ty, #rules),
            from: __w::From::#from,
            constraint: #constraint,
        }
    }
}

fn describe_deprecation(deprecation: &Deprecation) -> TokenStream {
    let sunset = &deprecation.sunset;
    let since = option(sunset.since.as_ref().or(deprecation.since.as_ref()));
    let note = option(deprecation.note.as_ref());
    let sunset = option(sunset.on.as_ref());
    quote!(__w::Deprecation { since: #since, note: #note, sunset: #sunset })
}

fn describe_freshness(freshness: &Freshness) -> TokenStream {
    let Freshness { max_age, directives, vary } = freshness;
    let mut all: Vec<_> =
        directives.iter().filter(|it| *it == "private" || *it == "public").cloned().collect();
    all.push(format!("max-age={max_age}"));
    all.extend(directives.iter().filter(|it| *it != "private" && *it != "public").cloned());
    let cache_control = all.join(", ");
    quote!(__w::Freshness { max_age: #max_age, cache_control: #cache_control, vary: &[#(#vary),*] })
}

/// Binds a call: takes its arguments, and returns a future that has them.
fn arm(resource: &Resource, position: usize, operation: &Operation) -> TokenStream {
    let take = take(operation);
    let made = made(operation);
    let writer = (!operation.role.is_hook()).then(|| quote!(let writer = arguments.writer();));
    let call = call(resource, operation);
    // With the span of the name, so that the compiler reports a future that is not `Send` there.
    let span = operation.ident.span().resolved_at(Span::call_site());
    let future = quote_spanned!(span=> __w::Box::pin(async move { #made #call }));
    let conditions = &operation.conditions;
    let before = resource.operations.iter().take(position).map(|it| &it.conditions);
    let pattern = Position::after(before).into_pattern();
    quote! {
        #conditions
        #pattern => {
            #take
            #writer
            __w::Some(#future)
        }
    }
}

/// Takes all arguments before it returns, so that all violations are reported.
fn take(operation: &Operation) -> TokenStream {
    let parameters = &operation.parameters;
    let names = parameters.iter().map(|parameter| &parameter.ident);
    let taken = parameters.iter().enumerate().map(|(index, parameter)| {
        let ty = &parameter.taken;
        let index = Position::after(parameters.iter().take(index).map(|it| &it.conditions));
        match parameter.convert() {
            Some(convert) => quote!(arguments.convert::<#ty, _, _, _>(#index, #convert)),
            None => {
                let ty = argument_type(ty);
                quote!(<#ty as __w::Argument<'_, _>>::take(arguments, #index))
            }
        }
    });
    if parameters.is_empty() {
        return TokenStream::new();
    }
    if parameters.iter().all(|parameter| parameter.conditions.is_empty()) {
        return quote!(let (#(__w::Some(#names),)*) = (#(#taken,)*) else { return __w::None };);
    }
    // A pattern cannot have conditions.
    let (names, again) = (names.clone(), names);
    let conditions: Vec<_> = parameters.iter().map(|parameter| &parameter.conditions).collect();
    quote! {
        #(#conditions let #names = #taken;)*
        #(#conditions let __w::Some(#again) = #again else { return __w::None };)*
    }
}

/// Makes the arguments that are still to be made.
fn made(operation: &Operation) -> TokenStream {
    let made = operation.parameters.iter().filter(|parameter| parameter.convert().is_none());
    let (conditional, others): (Vec<_>, Vec<_>) =
        made.partition(|parameter| !parameter.conditions.is_empty());
    let others: Vec<_> = others.into_iter().map(|parameter| &parameter.ident).collect();
    let others = (!others.is_empty()).then(|| quote!(__w::made!(#(#others)*);));
    let conditional = conditional.into_iter().map(|parameter| {
        let Parameter { ident, conditions, .. } = parameter;
        quote!(#conditions __w::made!(#ident);)
    });
    quote!(#others #(#conditional)*)
}

/// A type as an argument, with the span of the type that a request would give: `T` in `Option<T>`.
fn argument_type(ty: &Type) -> TokenStream {
    Place::of_value(ty).path("Same", &ty.to_token_stream())
}

/// Calls a function, and converts what it returns.
///
/// The types in the conversions are inferred. They only have the spans of the types for which the author would read an error.
fn call(resource: &Resource, operation: &Operation) -> TokenStream {
    let ident = &operation.ident;
    let arguments = operation.parameters.iter().map(|parameter| {
        let Parameter { ident, conditions, .. } = parameter;
        quote!(#conditions #ident)
    });
    let wait = operation.is_async.then(|| quote!(.await));
    let inferred = |place: fn(&Type) -> Place| {
        let place = operation.returns.as_ref().map_or(Place::at(ident.span()), place);
        place.path("Same", &quote!(_))
    };
    let (value, error) = (inferred(Place::of_value), inferred(Place::of_error));
    let result = quote!(.result(<#error as __w::IntoProblem>::into_problem));
    let returned = quote!(Self::#ident(self, #(#arguments),*) #wait);
    let called = quote!(__w::ReturnValue::new(#returned) #result);
    let write = quote!(<#value as __w::Represent>::write);
    let unwrap = quote! {
        .option() #result .fields() #result .option() #result
        .whole(<#value as __w::MethodReturn>::accept)
    };
    match operation.role {
        Role::Method(_) if resource.representations.is_empty() => {
            quote!(#called #unwrap .outcome(writer, #write))
        }
        Role::Method(_) => quote!(#called #unwrap .outcome_of(self, writer, #write)),
        Role::Hook(Hook::Authorize) => {
            let whole = whole_return(operation).path("Same", &quote!(_));
            quote! {
                <#whole as __w::AuthorizeReturn<_>>::into_output(
                    #returned,
                    <#error as __w::IntoProblem>::into_problem,
                )
            }
        }
        Role::Hook(hook) => {
            let output = inferred(Place::of_success);
            let hook = format_ident!("{hook:?}Return");
            quote!(#called .value().map(<#output as __w::#hook>::into_output))
        }
    }
}

/// Where the whole return type is, or the name of a function that returns nothing.
fn whole_return(operation: &Operation) -> Place {
    operation.returns.as_ref().map_or(Place::at(operation.ident.span()), Place::of)
}

/// The function that writes the resource's own representations.
fn represent(resource: &Resource) -> Option<TokenStream> {
    if resource.representations.is_empty() {
        return None;
    }
    let arms = resource.representations.iter().enumerate().map(|(position, own)| {
        let Representation { ident, conditions, value, returns, .. } = own;
        let inferred = |place: fn(&Type) -> Place| {
            let place = returns.as_ref().map_or(Place::at(ident.span()), place);
            place.path("Same", &quote!(_))
        };
        let (content, error) = (inferred(Place::of_success), inferred(Place::of_error));
        let before = resource.representations.iter().take(position).map(|it| &it.conditions);
        let pattern = Position::after(before).into_pattern();
        quote! {
            #conditions
            #pattern => value.downcast_ref::<#value>().map(|value| {
                __w::ReturnValue::new(Self::#ident(self, value))
                    .result(<#error as __w::IntoProblem>::into_problem)
                    .value()
                    .map(<#content as __w::OwnRepresentation>::into_content)
            }),
        }
    });
    Some(quote! {
        fn represent(
            &self,
            position: ::core::primitive::usize,
            value: &dyn __w::Any,
        ) -> __w::Option<__w::Result<__w::Bytes, __w::Problem>> {
            match position {
                #(#arms)*
                _ => __w::None,
            }
        }
    })
}

/// Whether the type has a lifetime without a name.
pub(super) fn elides(ty: &Type) -> bool {
    ty.to_token_stream().to_string().contains("'_")
}

/// An implementation for an impl with errors, so that the compiler reports only those.
pub(super) fn fallback(krate: &Path, item: &Impl) -> TokenStream {
    let self_type = outlive(item.self_type.to_token_stream());
    let generics = without_lifetimes(&item.generics);
    let (generics, _, where_clause) = generics.split_for_impl();
    unnamed_items(
        krate,
        &quote! {
            impl #generics __w::Resource for #self_type #where_clause {
                const OPERATIONS: __w::Operations =
                    __w::Operations { operations: &[], representations: &[], valid: false };
                fn bind<'a>(
                    &'a self,
                    _: ::core::primitive::usize,
                    _: &mut __w::Arguments<'a>,
                ) -> __w::Option<__w::Call<'a>> {
                    __w::None
                }
            }
        },
    )
}
