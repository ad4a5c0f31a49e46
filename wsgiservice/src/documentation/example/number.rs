//! Numbers within the bounds of a schema.

use serde_json::Value;

/// A whole number: 1, or the closest one to it.
pub(super) fn integer(schema: &Value) -> Value {
    let bound = |name| whole(schema.get(name)?);
    let least = bound("minimum").max(bound("exclusiveMinimum").map(|it| it + 1));
    let upper = [bound("maximum"), bound("exclusiveMaximum").map(|it| it - 1)];
    let most = upper.into_iter().flatten().min();
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let closest = 1.max(least.unwrap_or(i128::MIN)).min(most.unwrap_or(i128::MAX));
    let below = closest.div_euclid(step) * step;
    let above = below.saturating_add(if below == closest { 0 } else { step });
    let value = if most.is_some_and(|most| above > most) { below } else { above };
    let small = i64::try_from(value).map(Value::from);
    small.or_else(|_| u64::try_from(value).map(Value::from)).unwrap_or_else(|_| 1.into())
}

fn whole(bound: &Value) -> Option<i128> {
    let exact = bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from));
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a bound beyond all integers is the closest one"
    )]
    exact.or_else(|| bound.as_f64().map(|bound| bound.ceil() as i128))
}

/// A number: 1, or one within the bounds.
pub(super) fn number(schema: &Value) -> Value {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let (least, most) = (bound("minimum"), bound("maximum"));
    let (above, below) = (bound("exclusiveMinimum"), bound("exclusiveMaximum"));
    let fits = |value: &f64| {
        least.is_none_or(|it| *value >= it)
            && most.is_none_or(|it| *value <= it)
            && above.is_none_or(|it| *value > it)
            && below.is_none_or(|it| *value < it)
            && bound("multipleOf").is_none_or(|step| (value / step).fract() == 0.0)
    };
    let lower = least.or(above);
    let upper = most.or(below);
    let middle = lower.zip(upper).map(|(lower, upper)| f64::midpoint(lower, upper));
    let step = bound("multipleOf");
    let stepped = step.map(|step| (lower.unwrap_or_default() / step).ceil() * step);
    let candidates = [
        lower,
        upper,
        middle,
        lower.map(|it| it + 1.0),
        upper.map(|it| it - 1.0),
        stepped,
        stepped.zip(step).map(|(value, step)| value + step),
    ];
    if fits(&1.0) {
        return 1.into();
    }
    candidates.into_iter().flatten().find(fits).map_or_else(|| 1.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_whole_number_is_within_its_bounds() {
        assert_eq!(integer(&json!({})), 1);
        assert_eq!(integer(&json!({"minimum": 5})), 5);
        assert_eq!(integer(&json!({"exclusiveMinimum": 5})), 6);
        assert_eq!(integer(&json!({"maximum": -2})), -2);
        assert_eq!(integer(&json!({"exclusiveMaximum": 1})), 0);
        assert_eq!(integer(&json!({"minimum": 8, "multipleOf": 5})), 10);
        assert_eq!(integer(&json!({"maximum": 3, "multipleOf": 5})), 0);
        assert_eq!(integer(&json!({"minimum": u64::MAX})), u64::MAX);
    }

    #[test]
    fn a_number_is_within_its_bounds() {
        assert_eq!(number(&json!({})), 1);
        assert_eq!(number(&json!({"maximum": 0.5})), 0.5);
        assert_eq!(number(&json!({"exclusiveMinimum": 1.0, "maximum": 1.5})), 1.5);
        assert_eq!(number(&json!({"exclusiveMinimum": 0.0, "exclusiveMaximum": 1.0})), 0.5);
        assert_eq!(number(&json!({"exclusiveMinimum": 2.0, "multipleOf": 2.0})), 4.0);
    }
}
