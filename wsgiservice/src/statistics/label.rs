//! The labels of a service's own metrics.

/// A label of a metric: an enum whose variants are its values, with `#[derive(Label)]`.
///
/// A label has a fixed number of values. So no client can make a metric grow, as it could with text.
///
/// ```
/// use wsgiservice::statistics::Label;
///
/// #[derive(Clone, Copy, Label)]
/// enum PaymentMethod {
///     Card,
///     BankTransfer,
/// }
///
/// assert_eq!(PaymentMethod::NAME, "payment_method");
/// assert_eq!(PaymentMethod::VALUES, ["card", "bank_transfer"]);
/// assert_eq!(PaymentMethod::BankTransfer.position(), 1);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label of a metric",
    note = "a label is an enum with `#[derive(wsgiservice::statistics::Label)]`, or a tuple of two of them"
)]
pub trait Label: Copy + Send + Sync + 'static {
    /// The name of the label.
    const NAME: &'static str;

    /// Its values.
    const VALUES: &'static [&'static str];

    /// Returns the position of this one in the values.
    fn position(self) -> usize;
}

/// The labels of a metric: none, which is `()`, a [`Label`], or a tuple of two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a label of a metric",
    note = "a label is an enum with `#[derive(wsgiservice::statistics::Label)]`, or a tuple of two of them"
)]
pub trait Labels: Copy + Send + Sync + 'static {
    /// The number of combinations.
    #[doc(hidden)]
    const COMBINATIONS: usize;

    /// The position of this combination.
    #[doc(hidden)]
    fn combination(self) -> usize;

    /// The names and values of the combination at a position.
    #[doc(hidden)]
    fn at(combination: usize) -> Vec<(&'static str, &'static str)>;
}

#[diagnostic::do_not_recommend]
impl Labels for () {
    const COMBINATIONS: usize = 1;

    fn combination(self) -> usize {
        0
    }

    fn at(_: usize) -> Vec<(&'static str, &'static str)> {
        Vec::new()
    }
}

#[diagnostic::do_not_recommend]
impl<L: Label> Labels for L {
    const COMBINATIONS: usize = L::VALUES.len();

    fn combination(self) -> usize {
        self.position()
    }

    fn at(combination: usize) -> Vec<(&'static str, &'static str)> {
        L::VALUES.get(combination).map(|value| (L::NAME, *value)).into_iter().collect()
    }
}

#[diagnostic::do_not_recommend]
impl<A: Label, B: Label> Labels for (A, B) {
    const COMBINATIONS: usize = A::VALUES.len() * B::VALUES.len();

    fn combination(self) -> usize {
        self.0.position() * B::VALUES.len() + self.1.position()
    }

    fn at(combination: usize) -> Vec<(&'static str, &'static str)> {
        let number = B::VALUES.len().max(1);
        [A::at(combination / number), B::at(combination % number)].concat()
    }
}
