use wsgiservice::statistics::Counter;

fn main() {
    let orders = Counter::new("orders", "Orders by customer.");
    orders.add("a customer", 1);
    let named: Counter<String> = Counter::new("named", "Orders by name.");
    named.add("a name".to_owned(), 1);
}
