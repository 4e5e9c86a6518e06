//! Functions that answer with rows of a table: the server prints a name for each column behind their alias, in the order
//! of the table's columns, which is no difference between two tables. Where these names are the columns' own, nothing
//! is said with them.

use std::collections::HashMap;

use schema_sync_store::{Object, ObjectId};
use serde_json::Value;

use super::super::quote::{in_schema, outer_name};
use super::token::{Sort, Token, closing, tokens};
use super::written;

/// Attributes that are queries, or have some in them.
const QUERIES: [&str; 2] = ["definition", "sql_body"];

/// A function, as it is called, and the columns of the table whose rows it answers with.
struct RowFunction {
    name: String,
    columns: Vec<String>,
}

/// Leaves these names out of all queries of a tenant.
pub(in super::super) fn leave_out(objects: &mut [Object]) {
    let functions = row_functions(objects);
    if functions.is_empty() {
        return;
    }
    for object in objects {
        let called: Vec<&RowFunction> = object.needs.iter().filter_map(|need| functions.get(need)).collect();
        for attribute in QUERIES.iter().filter(|_| !called.is_empty()) {
            if let Some(Value::String(text)) = object.attributes.get_mut(*attribute) {
                *text = without_names(text, &called);
            }
        }
    }
}

fn row_functions(objects: &[Object]) -> HashMap<ObjectId, RowFunction> {
    let text = |object: &Object, name: &str| object.attribute(name).and_then(Value::as_str).map(str::to_owned);
    let tables: HashMap<String, &Object> =
        objects.iter().filter(|object| object.id.kind == "table").map(|table| (outer_name(&table.id), table)).collect();
    let functions = objects.iter().filter(|object| object.id.kind == "function");
    let row_function = |function: &Object| {
        let returns = text(function, "returns")?;
        let table = tables.get(returns.strip_prefix("SETOF ").unwrap_or(&returns))?;
        let columns = table.attribute("columns").and_then(Value::as_array)?;
        let columns = columns.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let name = in_schema(function.id.schema.as_ref(), &text(function, "routine")?);
        Some((function.id.clone(), RowFunction { name, columns }))
    };
    functions.filter_map(row_function).collect()
}

fn without_names(text: &str, functions: &[&RowFunction]) -> String {
    let Some(all) = tokens(text) else { return text.to_owned() };
    let found = (0..all.len()).filter_map(|place| {
        let function = functions.iter().find(|function| is_called(&all, place, &function.name))?;
        let open = place + tokens(&function.name)?.len();
        names(&all, open, &function.columns)
    });
    written(text, found.map(|range| (range, "")).collect())
}

/// Whether a function of this name is called here.
fn is_called(all: &[Token<'_>], place: usize, name: &str) -> bool {
    let Some(name) = tokens(name) else { return false };
    let is_part = place.checked_sub(1).is_some_and(|before| all[before].is_sign("."));
    let is_same = all.get(place..place + name.len()).is_some_and(|found| {
        found.iter().zip(&name).all(|(found, part)| found.sort == part.sort && found.text == part.text)
    });
    !is_part && is_same && all.get(place + name.len()).is_some_and(|next| next.is_sign("("))
}

/// Where the names of these columns are in brackets behind the alias of a call, whose arguments begin at this bracket.
fn names(all: &[Token<'_>], open: usize, columns: &[String]) -> Option<std::ops::Range<usize>> {
    let close = closing(all, open)?;
    all.get(close + 1).filter(|alias| alias.sort == Sort::Name)?;
    let first = all.get(close + 2).filter(|bracket| bracket.is_sign("("))?;
    let end = closing(all, close + 2)?;
    let mut listed = all[close + 3..end].split(|token| token.is_sign(","));
    let is_column = |names: &[Token<'_>], column: &String| matches!(names, [name] if unquoted(name.text) == *column);
    let are_same = columns.iter().all(|column| listed.next().is_some_and(|names| is_column(names, column)));
    (are_same && listed.next().is_none()).then(|| first.start..all[end].end())
}

fn unquoted(name: &str) -> String {
    match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(name) => name.replace("\"\"", "\""),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let function = |name: &str| RowFunction { name: name.to_owned(), columns: vec!["a".into(), "B \"c".into()] };
        assert_eq!(without_names(text, &[&function("f"), &function("s.\"G\"")]), expected, "{text}");
    }

    #[test]
    fn names_that_say_nothing_are_left_out() {
        check("SELECT a FROM f() x(a, \"B \"\"c\")", "SELECT a FROM f() x");
        check(
            "SELECT a FROM f((1 + 2), 'x)') f(a, \"B \"\"c\") WHERE true",
            "SELECT a FROM f((1 + 2), 'x)') f WHERE true",
        );
        check("SELECT 1 FROM s.\"G\"() x(a, \"B \"\"c\"), f() y(a, \"B \"\"c\")", "SELECT 1 FROM s.\"G\"() x, f() y");
    }

    #[test]
    fn other_names_stay() {
        for same in [
            "SELECT a FROM f() x(b, \"B \"\"c\")",
            "SELECT a FROM f() x(a)",
            "SELECT a FROM f() x(a, \"B \"\"c\", d)",
            "SELECT a FROM s.f() x(a, \"B \"\"c\")",
            "SELECT a FROM g() x(a, \"B \"\"c\")",
            "SELECT a FROM f() WITH ORDINALITY x(a, \"B \"\"c\")",
            "SELECT f(1) AS a FROM t x(a, \"B \"\"c\")",
            "SELECT a FROM f() x(a, 'open",
        ] {
            check(same, same);
        }
    }
}
