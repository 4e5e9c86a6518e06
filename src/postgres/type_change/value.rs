//! The value that a column of another type gets, where the server does not assign the old one by itself.

use super::{INTEGERS, NUMBERS, Parsed, TEXTS};

const RANGES: [&str; 6] = ["int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"];
const MULTIRANGES: [&str; 6] =
    ["int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"];
/// What is printed as the name of what it is the number of.
const OBJECTS: [&str; 11] = [
    "regclass",
    "regcollation",
    "regconfig",
    "regdictionary",
    "regnamespace",
    "regoper",
    "regoperator",
    "regproc",
    "regprocedure",
    "regrole",
    "regtype",
];
const OBJECT_NUMBERS: [&str; 4] = ["smallint", "integer", "bigint", "oid"];
const JSON: [&str; 2] = ["json", "jsonb"];

/// The types from which the server casts directly to others, where the way through text is none or another.
const DIRECT: [(&[&str], &[&str]); 16] = [
    (&["integer"], &["boolean"]),
    (&["bit"], &["integer", "bigint"]),
    (&["money"], &["numeric"]),
    (&["numeric"], &["money"]),
    (&["json", "jsonb", "hstore"], &JSON),
    (&["timestamp without time zone", "timestamp with time zone"], &["time without time zone"]),
    (&["timestamp with time zone"], &["time with time zone"]),
    (&["interval"], &["time without time zone"]),
    (&["macaddr8"], &["macaddr"]),
    (&RANGES, &MULTIRANGES),
    (&["point"], &["box"]),
    (&["box"], &["point", "lseg", "polygon", "circle"]),
    (&["circle", "polygon"], &["point", "box", "polygon", "circle"]),
    (&["lseg"], &["point"]),
    (&OBJECT_NUMBERS, &OBJECTS),
    (&OBJECTS, &OBJECT_NUMBERS),
];

/// What is no text and has no cast of its own to the new type goes by its text. A value becomes an array of one, and an
/// array its first value; JSON has arrays of its own.
pub(super) fn using(old: &Parsed, new: &Parsed) -> String {
    let is_text = |parsed: &Parsed| is(parsed, &TEXTS) && !parsed.is_array;
    let name = unlimited(&new.base);
    if old.is_array && !new.is_array && is(new, &JSON) {
        return format!("to_{name}({{}})");
    }
    if !old.is_array && new.is_array && is(old, &JSON) && !is(new, &JSON) {
        return array_of_json(name);
    }
    if !old.is_array && !new.is_array && is(old, &MULTIRANGES) && is(new, &RANGES) {
        return one_range(name);
    }
    if let Some(bits) = bits_of_number(old, new) {
        return bits;
    }
    if old.is_array == new.is_array || is_text(old) && new.is_array && !is(new, &TEXTS) {
        let array = if new.is_array { "[]" } else { "" };
        return format!("{{}}{}::{name}{array}", step_between(old, new));
    }
    let value = if old.is_array { "({})[array_lower({}, 1)]" } else { "{}" };
    let value =
        if old.base == new.base { value.to_owned() } else { format!("{value}{}::{name}", step_between(old, new)) };
    // Servers until 18 stumble over IS NOT NULL of anything but a column where a table has children: they analyse it twice.
    if new.is_array { format!("CASE WHEN {{}} IS DISTINCT FROM NULL THEN ARRAY[{value}] END") } else { value }
}

fn is(parsed: &Parsed, names: &[&str]) -> bool {
    names.contains(&parsed.base.as_str())
}

/// The cast on the way, where there is no direct one: text to anything, numbers to boolean and back.
fn step_between(old: &Parsed, new: &Parsed) -> &'static str {
    let is_of_arrays = old.is_array && new.is_array;
    let either = |value, array| if is_of_arrays { array } else { value };
    // Its blanks at the end are no part of the value, which only its text knows.
    if is(old, &["character"]) && !is(new, &TEXTS) {
        return either("::text", "::text[]");
    }
    let is_direct = DIRECT.iter().any(|(from, to)| is(old, from) && is(new, to));
    if is_direct || is(old, &TEXTS) || (is(old, &NUMBERS) && is(new, &NUMBERS)) {
        return "";
    }
    if (is(old, &["boolean"]) && is(new, &NUMBERS)) || (is(old, &NUMBERS) && is(new, &["boolean"])) {
        return either("::integer", "::integer[]");
    }
    if is(old, &["money"]) && is(new, &NUMBERS) {
        return either("::numeric", "::numeric[]");
    }
    either("::text", "::text[]")
}

/// An array in JSON becomes one of its elements, any other value an array of one. What is nested or escaped within JSON
/// has no counterpart in the text of an array: it stops the change, as that lacks its end.
fn array_of_json(name: &str) -> String {
    let text = "{}::jsonb::text";
    let is_plain = format!("strpos({text}, chr(92)) = 0 AND {text} ~ '^[[][^][}}{{]*[]]$'");
    let elements = format!("CASE WHEN {is_plain} THEN translate({text}, '][', '}}{{') ELSE '{{' || {text} END");
    format!(
        "CASE WHEN jsonb_typeof({{}}::jsonb) = 'array' THEN ({elements})::{name}[] \
         WHEN {{}} IS DISTINCT FROM NULL THEN ARRAY[{{}}::text::{name}] END"
    )
}

/// The bits of a number, as the server casts them, where they are the whole number. Else they are too long for the type,
/// which stops the change: cast to fewer, they would be cut in silence.
fn bits_of_number(old: &Parsed, new: &Parsed) -> Option<String> {
    const LONGEST: u32 = 64;
    let length = new.modifiers.first().copied().filter(|length| *length < LONGEST)?;
    if new.base != "bit" || new.is_array || old.is_array || !is(old, &INTEGERS) {
        return None;
    }
    let number = "{}::bigint";
    let bits = format!("({number})::bit({length})");
    Some(format!("CASE WHEN ({bits})::bigint = {number} THEN {bits} ELSE ({number})::bit({LONGEST}) END"))
}

/// The range that is all of a multirange; several stop the change.
fn one_range(name: &str) -> String {
    format!("CASE WHEN isempty({{}}) THEN 'empty' ELSE btrim({{}}::text, '}}{{') END::{name}")
}

/// Without a modifier, `character` and `bit` are of length 1; these are the same types of any length.
fn unlimited(base: &str) -> &str {
    match base {
        "character" => "bpchar",
        "bit" => "bit varying",
        other => other,
    }
}
