//! Text for HTML: escaped, in both languages, and put into the places of a template.

/// Text as it may stand between tags and in quoted attributes.
///
/// ```
/// assert_eq!(fenzhen::evaluate::html::escaped("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
/// ```
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Characters that XML does not know at all.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text in Chinese and English, of which the page shows one; where both are the same, once.
pub fn both(zh: &str, en: &str) -> String {
    let (zh, en) = (escaped(zh), escaped(en));
    if zh == en {
        return zh;
    }
    format!(r#"<span class="zh" lang="zh-CN">{zh}</span><span class="en" lang="en">{en}</span>"#)
}

/// A share as people read it: `61.2 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// Puts values into the `{{places}}` of a template. Values are taken as they are: what looks like a place in them is none.
pub fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        out += before;
        let (name, after) = after.split_once("}}").expect("places in our templates are closed, as a test checks");
        let value = values.iter().find(|(known, _)| *known == name);
        out += value.expect("every place in our templates has a value, as a test checks").1;
        rest = after;
    }
    out + rest
}
