// 2 mistakes
use wsgiservice::{mount, resource};

use std::{cell::RefCell, rc::Rc};

#[mount("/")]
struct Document {
    count: RefCell<u32>,
    name: Rc<str>,
}

#[resource]
impl Document {
    fn get(&self) -> u32 {
        *self.count.borrow()
    }

    async fn post(&self) -> u32 {
        *self.count.borrow_mut() += 1;
        self.name.len() as u32
    }
}

fn main() {}
