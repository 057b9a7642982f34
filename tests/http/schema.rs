//! Checks a JSON value against a schema of the OpenAPI document. Knows the words that our document uses and fails on any
//! other, so that nothing goes unchecked.

use serde_json::Value;

pub fn check(document: &Value, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
    let Some(words) = schema.as_object() else { return Err(format!("{path}: the schema is no object")) };
    for (word, rule) in words {
        match word.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let target = document.pointer(pointer).ok_or_else(|| format!("{path}: {pointer} is not there"))?;
                check(document, target, value, path)?;
            }
            "type" => {
                let kinds = rule.as_array().cloned().unwrap_or_else(|| vec![rule.clone()]);
                if !kinds.iter().any(|kind| fits(kind.as_str().unwrap(), value)) {
                    return Err(format!("{path}: {value} is not {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    return Err(format!("{path}: {value} is not one of {rule}"));
                }
            }
            "properties" => {
                for (name, field) in rule.as_object().unwrap() {
                    if let Some(inner) = value.get(name) {
                        check(document, field, inner, &format!("{path}.{name}"))?;
                    }
                }
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        return Err(format!("{path}: {name} is missing"));
                    }
                }
            }
            "additionalProperties" => {
                let known = words.get("properties").and_then(Value::as_object);
                for (name, inner) in value.as_object().into_iter().flatten() {
                    match rule {
                        _ if known.is_some_and(|known| known.contains_key(name)) => {}
                        Value::Bool(false) => return Err(format!("{path}: {name} is not known")),
                        Value::Bool(true) => {}
                        rule => check(document, rule, inner, &format!("{path}.{name}"))?,
                    }
                }
            }
            "items" => {
                let first = words.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                for (n, inner) in value.as_array().into_iter().flatten().enumerate().skip(first) {
                    match rule {
                        Value::Bool(false) => return Err(format!("{path}: more than {first}")),
                        rule => check(document, rule, inner, &format!("{path}[{n}]"))?,
                    }
                }
            }
            "prefixItems" => {
                for (n, (rule, inner)) in rule.as_array().unwrap().iter().zip(value.as_array().unwrap()).enumerate() {
                    check(document, rule, inner, &format!("{path}[{n}]"))?;
                }
            }
            "allOf" => {
                for rule in rule.as_array().unwrap() {
                    check(document, rule, value, path)?;
                }
            }
            "oneOf" => {
                let tries: Vec<_> =
                    rule.as_array().unwrap().iter().map(|rule| check(document, rule, value, path)).collect();
                if tries.iter().filter(|outcome| outcome.is_ok()).count() != 1 {
                    return Err(format!("{path}: not exactly one fits: {tries:?}"));
                }
            }
            "minimum" => {
                if value.as_f64().is_some_and(|n| n < rule.as_f64().unwrap()) {
                    return Err(format!("{path}: {value} is below {rule}"));
                }
            }
            "minItems" | "maxItems" => {
                let (count, limit) = (value.as_array().unwrap().len() as u64, rule.as_u64().unwrap());
                if (word == "minItems" && count < limit) || (word == "maxItems" && count > limit) {
                    return Err(format!("{path}: {count} members, {word} is {limit}"));
                }
            }
            "minLength" | "maxLength" => {
                let (count, limit) =
                    (value.as_str().map_or(0, |text| text.chars().count() as u64), rule.as_u64().unwrap());
                if value.is_string()
                    && ((word == "minLength" && count < limit) || (word == "maxLength" && count > limit))
                {
                    return Err(format!("{path}: {count} characters, {word} is {limit}"));
                }
            }
            "description" | "example" | "format" | "default" => {}
            "propertyNames" => {
                for name in value.as_object().into_iter().flatten().map(|(name, _)| name) {
                    check(document, rule, &Value::from(name.as_str()), &format!("{path}.{name}"))?;
                }
            }
            other => return Err(format!("{path}: this test does not know the word {other}")),
        }
    }
    Ok(())
}

fn fits(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array", "items": {"type": "integer"}}}
    });
    let verdict = |text: &str| check(&Value::Null, &schema, &serde_json::from_str(text).unwrap(), "it");
    assert_eq!(verdict(r#"{"a": null, "b": [1]}"#), Ok(()));
    for wrong in ["[]", "{}", r#"{"a": 1}"#, r#"{"a": "", "b": [1.5]}"#, r#"{"a": "", "c": 1}"#] {
        assert!(verdict(wrong).is_err(), "{wrong}");
    }
}
