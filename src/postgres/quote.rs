//! Quoting for PostgreSQL: one function for identifiers, one for strings, and names made of both.

use schema_sync_store::ObjectId;
use smol_str::SmolStr;

/// Words that an identifier may not be without quotes: every keyword that is not "non-reserved" in any release from 14
/// to 18 (PostgreSQL manual, appendix C). Sorted.
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "merge_action",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// An identifier as SQL has it: bare where that is safe, else in double quotes.
pub(super) fn identifier(name: &str) -> String {
    let mut bytes = name.bytes();
    let starts_well = bytes.next().is_some_and(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let goes_on_well = bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if starts_well && goes_on_well && KEYWORDS.binary_search(&name).is_err() {
        name.to_owned()
    } else {
        format!("\"{}\"", inside_identifier(name))
    }
}

/// A string literal, right whatever `standard_conforming_strings` says.
pub(super) fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// Text as it stands within the double quotes of an identifier.
pub(super) fn inside_identifier(text: &str) -> String {
    text.replace('"', "\"\"")
}

/// Text as it stands within the quotes of an escape string, `E'…'`, also where that is within a dollar-quoted body.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "''").replace('$', "\\x24")
}

/// A list of identifiers, separated by commas.
pub(super) fn identifiers<'a>(names: impl IntoIterator<Item = &'a SmolStr>) -> String {
    names.into_iter().map(|name| identifier(name)).collect::<Vec<_>>().join(", ")
}

/// A name in a schema: qualified where the schema is not the tenant's own.
pub(super) fn in_schema(schema: Option<&SmolStr>, name: &str) -> String {
    schema.map_or_else(|| identifier(name), |schema| format!("{}.{}", identifier(schema), identifier(name)))
}

/// The first part of an object's name, qualified: the object itself, or the table that it is part of.
pub(super) fn outer_name(id: &ObjectId) -> String {
    in_schema(id.schema.as_ref(), id.name.first().map_or("", SmolStr::as_str))
}

/// The last part of an object's name, qualified: an index beside its table.
pub(super) fn last_name(id: &ObjectId) -> String {
    in_schema(id.schema.as_ref(), last_part(id))
}

/// The last part of an object's name, as it is.
pub(super) fn last_part(id: &ObjectId) -> &str {
    id.name.last().map_or("", SmolStr::as_str)
}

/// A name that the server printed as SQL already (a routine's signature, a type), in its schema.
pub(super) fn printed_name(id: &ObjectId) -> String {
    let printed = last_part(id);
    id.schema.as_ref().map_or_else(|| printed.to_owned(), |schema| format!("{}.{printed}", identifier(schema)))
}

/// Text in dollar quotes that do not occur in it, nor where it meets the closing one.
pub(super) fn dollar_quoted(text: &str) -> String {
    let mut tag = String::from("$$");
    let mut count = 0_u32;
    while format!("{text}{tag}").find(&tag) != Some(text.len()) {
        count += 1;
        tag = format!("$body{count}$");
    }
    format!("{tag}{text}{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_quoted_where_they_must_be() {
        let check = |name: &str, expected: &str| assert_eq!(identifier(name), expected);
        check("users", "users");
        check("select", "\"select\"");
        check("Users", "\"Users\"");
        check("a\"b", "\"a\"\"b\"");
        check("1a", "\"1a\"");
        check("", "\"\"");
        check("größe", "\"größe\"");
        assert!(KEYWORDS.is_sorted());
    }

    #[test]
    fn literals_hold_quotes_and_backslashes() {
        let check = |text: &str, expected: &str| assert_eq!(literal(text), expected);
        check("it's", "'it''s'");
        check("a\\b", "E'a\\\\b'");
    }

    #[test]
    fn dollar_quotes_do_not_occur_in_the_text() {
        let check = |text: &str, expected: &str| assert_eq!(dollar_quoted(text), expected);
        check("begin end", "$$begin end$$");
        check("a $$ b", "$body1$a $$ b$body1$");
        check("costs 5$", "$body1$costs 5$$body1$");
    }
}
