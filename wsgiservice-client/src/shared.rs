//! What all clones of a client share.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, atomic::AtomicBool},
};

use crate::{
    directory::{Directory, Parts},
    topology::File,
    users::Users,
};

/// What all clones of a client share.
pub(crate) struct Shared {
    directory: RwLock<Arc<Directory>>,
    parts: Parts,
    users: Users,
    /// Where the topology is from.
    file: Option<File>,
    /// Whether a task looks after the endpoints.
    pub(crate) is_kept: AtomicBool,
}

impl Shared {
    pub(crate) fn new(directory: Directory, parts: Parts, file: Option<File>) -> Self {
        Self {
            directory: RwLock::new(Arc::new(directory)),
            parts,
            users: Users::new(),
            file,
            is_kept: AtomicBool::new(false),
        }
    }

    pub(crate) fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_directory(&self, directory: Directory) {
        *self.directory.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(directory);
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn users(&self) -> &Users {
        &self.users
    }

    pub(crate) fn file(&self) -> Option<&File> {
        self.file.as_ref()
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("file", &self.file).finish_non_exhaustive()
    }
}
