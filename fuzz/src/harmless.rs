//! Does a text hold anything that acts on a terminal, or on the order of what stands around it?

use serde_json::Value;

/// Fails if the lines hold a control character other than the line end, an invisible one that acts, or what begins a command
/// to a build agent wherever it stands in a line.
pub(crate) fn assert_lines(what: &str, text: &str) {
    let acting = text.chars().find(|character| *character != '\n' && acts(*character));
    assert_eq!(acting, None, "{what}: {text:?}");
    let seen: String = text.chars().filter(char::is_ascii).collect::<String>().to_lowercase();
    assert!(!seen.contains("##vso[") && !seen.contains("##["), "{what}: {text:?}");
}

/// Fails if any string in the JSON does, line ends included; gives the JSON back.
pub(crate) fn assert_json(what: &str, text: &str) -> Value {
    let json = serde_json::from_str(text).unwrap_or_else(|error| panic!("{what}: {error}: {text}"));
    every_string(&json, &mut |text| assert!(!text.chars().any(acts), "{what}: {text:?}"));
    json
}

fn acts(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(character, '\u{ad}' | '\u{061c}' | '\u{feff}' | '\u{fdd0}'..='\u{fdef}')
        || u32::from(character) & 0xfffe == 0xfffe
}

fn every_string(json: &Value, look: &mut impl FnMut(&str)) {
    match json {
        Value::String(text) => look(text),
        Value::Array(list) => list.iter().for_each(|one| every_string(one, look)),
        Value::Object(map) => map.iter().for_each(|(key, one)| {
            look(key);
            every_string(one, look);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
