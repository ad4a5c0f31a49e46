#[derive(Clone, Debug)]
pub(crate) struct Offer;
impl Offer {
    pub(crate) fn new(_: &str) -> Option<Self> {
        Some(Self)
    }
}
pub(crate) fn select<'v>(
    _: impl IntoIterator<Item = &'v http::HeaderValue> + Clone,
    offers: &[Offer],
) -> Option<usize> {
    (!offers.is_empty()).then_some(0)
}
