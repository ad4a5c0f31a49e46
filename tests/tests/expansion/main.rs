//! The expansion of the GeoIP resource: a table and one `match`.

#![allow(
    unreachable_pub,
    dead_code,
    reason = "the modules of the macro crate, which other crates cannot import"
)]

#[path = "../../../wsgiservice-macros/src/check/mod.rs"]
mod check;
#[path = "../../../wsgiservice-macros/src/expand/mod.rs"]
#[expect(unused_imports, reason = "the test does not expand the derives")]
mod expand;
#[path = "../../../wsgiservice-macros/src/expression.rs"]
mod expression;
#[path = "../../../wsgiservice-macros/src/input/mod.rs"]
mod input;
#[path = "../../../wsgiservice-macros/src/model/mod.rs"]
mod model;

use quote::quote;

/// The expansion must have fewer lines than this.
const LINES: usize = 190;

#[test]
fn the_geoip_resource_expands_to_few_lines() {
    let item = quote! {
        /// Represents the GeoIP information of a single IP address.
        #[validate(ip, re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}", doc = "The IP address to look up.")]
        struct IpResource {
            geoip: GeoIp,
        }
    };
    let methods = quote! {
        impl IpResource {
            /// Return the country code for the given IP address.
            #[expires(days = 365)]
            async fn get(&self, ip: Ipv4Addr) -> Option<Country> {
                self.geoip.country(ip)
            }
        }
    };
    let mount = expand::mount(quote!("/1/{ip}"), &item);
    let resource = expand::resource(quote!(), &methods);
    let expansion = pretty(&quote!(#mount #resource));
    insta::assert_snapshot!(expansion);
    let lines = expansion.lines().count();
    assert!(lines < LINES, "{lines} lines");
}

fn pretty(tokens: &proc_macro2::TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens.clone()).expect("an expansion that parses"))
}
