use http::HeaderValue;
use std::time::SystemTime;
pub(crate) fn parse<'v>(_: impl Iterator<Item = &'v HeaderValue>) -> Option<SystemTime> {
    None
}
pub(crate) fn value(_: SystemTime) -> HeaderValue {
    HeaderValue::from_static("")
}
pub(crate) fn whole_seconds(t: SystemTime) -> SystemTime {
    t
}
