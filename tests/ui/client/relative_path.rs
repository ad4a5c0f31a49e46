use wsgiservice_client::path;

fn main() {
    let user = "abc";
    path!("1/label/{user}");
}
