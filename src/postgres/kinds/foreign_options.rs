//! The options of foreign-data wrappers, servers, user mappings, foreign tables and their columns. Passwords are left
//! out, by name: neither a snapshot nor a plan may hold one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::catalog::is_default;
use super::super::quote::{identifier, literal};
use crate::plan::{HazardKind, MigrationStep};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ForeignOptions {
    #[serde(skip_serializing_if = "is_default")]
    options: BTreeMap<String, String>,
    /// The names of options that are secrets, and stay where they are.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) left_out: Vec<String>,
}

/// SQL for the arguments of `jsonb_build_object` that make [`ForeignOptions`] of an option array.
pub(super) fn options(array: &str) -> String {
    let secret = "o.option_name ~* '(password|passwd|passcode|pwd|secret|token)$'";
    format!(
        "'options', (SELECT jsonb_object_agg(o.option_name, o.option_value) FROM pg_options_to_table({array}) o \
           WHERE NOT {secret}), \
         'left_out', (SELECT jsonb_agg(o.option_name ORDER BY o.option_name) FROM pg_options_to_table({array}) o WHERE {secret})"
    )
}

impl ForeignOptions {
    /// As a new thing has them, with a space before; empty where there are none.
    pub(super) fn clause(&self) -> String {
        let each = |(name, value): (&String, &String)| format!("{} {}", identifier(name), literal(value));
        let options: Vec<String> = self.options.iter().map(each).collect();
        if options.is_empty() { String::new() } else { format!(" OPTIONS ({})", options.join(", ")) }
    }

    /// What brings other options to these, as [`Self::clause`].
    pub(super) fn changes_from(&self, before: &Self) -> String {
        let gone = before.options.keys().filter(|name| !self.options.contains_key(*name));
        let mut changes: Vec<String> = gone.map(|name| format!("DROP {}", identifier(name))).collect();
        for (name, value) in &self.options {
            let verb = match before.options.get(name) {
                Some(old) if old == value => continue,
                Some(_) => "SET",
                None => "ADD",
            };
            changes.push(format!("{verb} {} {}", identifier(name), literal(value)));
        }
        if changes.is_empty() { String::new() } else { format!(" OPTIONS ({})", changes.join(", ")) }
    }

    /// The step that drops what has these, with what is lost by it.
    pub(super) fn lost_by(&self, step: MigrationStep) -> MigrationStep {
        let names = self.left_out.join(", ");
        if names.is_empty() {
            return step;
        }
        step.hazard(HazardKind::DataLoss, format!("its {names} is lost, and kept nowhere else"))
    }

    /// What to do by hand after this was made, where something was left out.
    pub(super) fn reason(&self) -> Option<String> {
        let names = self.left_out.join(", ");
        (!names.is_empty()).then(|| format!("its {names} is kept nowhere: set it by hand"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_added_set_and_dropped() {
        let of = |options: &[(&str, &str)]| ForeignOptions {
            options: options.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            left_out: Vec::new(),
        };
        let check = |before: &[(&str, &str)], after: &[(&str, &str)], expected: &str| {
            assert_eq!(of(after).changes_from(&of(before)), expected);
        };
        check(&[], &[], "");
        check(&[("a", "1")], &[("a", "1")], "");
        check(
            &[("a", "1"), ("b", "2")],
            &[("b", "3"), ("Host", "it's")],
            " OPTIONS (DROP a, ADD \"Host\" 'it''s', SET b '3')",
        );
        assert_eq!(of(&[("a", "1"), ("b", "")]).clause(), " OPTIONS (a '1', b '')");
    }
}
