//! Runs the shop.

fn main() -> wsgiservice::Result<()> {
    shop::application().run()
}
