//! What the declaration of a `wsgiservice` resource may say.
//!
//! A resource is declared with attributes: a path, methods, hooks, rules for parameters, a media type, a day. Two
//! crates read these declarations:
//!
//! - `wsgiservice-macros`, in the compiler, on what the service author wrote, to report mistakes and to write tables;
//! - `wsgiservice`, in the service, on these tables, to answer requests and to write the documentation. Some
//!   questions are answered in `const` evaluation, so that the compiler can compare a struct with its `impl`.
//!
//! If each had its own grammar, a declaration could compile and then do nothing. So each question has one answer, here.
//! The crate has no dependencies, because it is compiled before the macros.
//!
//! | Module | Question |
//! |---|---|
//! | [`path`] | What is the path of a resource, and what are its variables? |
//! | [`method`], [`hook`] | Which method or hook does a function implement? |
//! | [`representation`] | Which representations are built in? |
//! | [`rule`] | Which rules can `#[validate]` have? |
//! | [`value`], [`bound`], [`format`](mod@format) | What are the values, ranges and formats in a rule? |
//! | [`token`], [`media_type`], [`xml`], [`date`] | Is a text a token, a media type, an XML name, a day? |
//! | [`trace`] | Which trace is a request part of? |
//! | [`similar`] | Which known name did the author mean? |
//! | [`text`] | How are texts compared in `const` evaluation? |

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod bound;
pub mod date;
pub mod format;
pub mod hook;
pub mod media_type;
pub mod method;
pub mod path;
pub mod representation;
pub mod rule;
pub mod similar;
pub mod text;
pub mod token;
pub mod trace;
pub mod value;
pub mod xml;
