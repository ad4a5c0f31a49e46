//! The tables of commands, and who works on which.

mod found;
mod inverses;
mod ticket;
mod worker;

use database::{Type, data::Table};

pub(crate) use self::{
    found::{Found, Summary, list},
    inverses::{delete_inverses, find_inverses, find_paths, move_on, save_inverses},
    ticket::{Ended, State, Ticket, new_id},
    worker::Worker,
};

pub(crate) const TABLES: [Table; 2] = [
    Table {
        name: "ticket",
        columns: &[
            ("user_id", Type::Text),
            ("id", Type::Text),
            ("request_key", Type::Text),
            ("fingerprint", Type::Text),
            ("state", Type::Text),
            ("owner", Type::Text),
            ("created", Type::Integer),
            ("undoes", Type::Text),
            ("redo", Type::Text),
            ("work", Type::Text),
            ("progress", Type::Text),
            ("answer", Type::Text),
        ],
        key: &["id"],
        is_soft: false,
    },
    Table {
        name: "inverse",
        columns: &[
            ("user_id", Type::Text),
            ("ticket", Type::Text),
            ("number", Type::Integer),
            ("path", Type::Text),
            ("left_at", Type::Integer),
            ("inverse", Type::Text),
        ],
        key: &["ticket", "number"],
        is_soft: false,
    },
];

/// The table `worker` is not in [`TABLES`]: workers are processes of one cluster, and do not move with users.
pub(crate) const SCHEMA: [&str; 6] = [
    "CREATE TABLE ticket (user_id {key} NOT NULL, id {key} NOT NULL, request_key {key}, fingerprint {text} NOT NULL, \
     state {key} NOT NULL, owner {key} NOT NULL, created {integer} NOT NULL, undoes {key}, redo {key}, \
     work {text} NOT NULL, progress {text} NOT NULL, answer {text}, PRIMARY KEY (user_id, id))",
    "CREATE UNIQUE INDEX ticket_key ON ticket (user_id, request_key)",
    "CREATE INDEX ticket_state ON ticket (state, created)",
    "CREATE TABLE inverse (user_id {key} NOT NULL, ticket {key} NOT NULL, number {integer} NOT NULL, \
     path {text} NOT NULL, left_at {integer}, inverse {text} NOT NULL, PRIMARY KEY (user_id, ticket, number))",
    "CREATE INDEX inverse_left ON inverse (user_id, left_at)",
    "CREATE TABLE worker (id {key} PRIMARY KEY, expires {integer} NOT NULL)",
];
