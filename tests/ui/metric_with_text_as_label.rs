use wsgiservice::statistics::Counter;

fn main() {
    let orders = Counter::new("orders", "Orders by customer.");
    orders.add("a customer", 1);
}
