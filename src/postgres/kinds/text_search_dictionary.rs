//! Text search dictionaries: a template with options.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::outer_name;
use super::described::{Described, name_of};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    template: String,
    /// As the server prints them, in order: `language = 'english', stopwords = 'english'`.
    #[serde(skip_serializing_if = "is_default")]
    options: Option<String>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "text_search_dictionary",
    class: 3600,
    catalogue: "pg_ts_dict",
    name: "ARRAY[x.dictname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    format!(
        "'template', {}, 'options', x.dictinitoption",
        name_of("pg_ts_template", "tmpl", "ts_template", "x.dicttemplate")
    )
}

/// The names of options, as they are printed. Commas and equal signs within quotes are text.
fn option_names(options: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut current = String::new();
    let (mut quote, mut is_name): (Option<char>, bool) = (None, true);
    let mut escaped = false;
    let mut before = ' ';
    for character in options.chars() {
        let was_escaped = std::mem::take(&mut escaped);
        match (quote, character) {
            // Backslashes escape only in E'…'; a name in double quotes holds them as they are.
            (Some('E'), '\\') if !was_escaped => escaped = true,
            (Some('E'), '\'') if !was_escaped => quote = None,
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'') => quote = Some(if before == 'E' { 'E' } else { '\'' }),
            (None, '"') => quote = Some('"'),
            (None, '=') => is_name = false,
            (None, ',') => {
                names.push(std::mem::take(&mut current).trim().to_owned());
                is_name = true;
                continue;
            }
            (None, _) => {}
        }
        if is_name {
            current.push(character);
        }
        before = character;
    }
    names.push(current.trim().to_owned());
    names.retain(|name| !name.is_empty());
    names
}

pub(super) struct TextSearchDictionary;

impl Kind for TextSearchDictionary {
    fn name(&self) -> &'static str {
        "text_search_dictionary"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "options" { Rule::Alter } else { Rule::Replace }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { template, options } = attributes_of(object)?;
        let options = options.map_or_else(String::new, |options| format!(", {options}"));
        let name = outer_name(&object.id);
        let text = format!("CREATE TEXT SEARCH DICTIONARY {name} (TEMPLATE = {template}{options})");
        Ok(vec![MigrationStep::create(&object.id, text)])
    }

    /// An option that is named without a value goes; one that is given moves to the end. So naming all in their order
    /// leaves them in that order.
    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let given = after.options.unwrap_or_default();
        let kept = option_names(&given);
        let mut options = option_names(&before.options.unwrap_or_default());
        options.retain(|name| !kept.contains(name));
        options.extend(Some(given).filter(|given| !given.is_empty()));
        let text = format!("ALTER {} ({})", target(&object.id), options.join(", "));
        Ok(vec![MigrationStep::alter(&object.id, text)])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_options_are_found_between_quoted_values() {
        let check = |options: &str, expected: &[&str]| assert_eq!(option_names(options), expected, "{options}");
        check("", &[]);
        check("language = 'english', stopwords = 'english'", &["language", "stopwords"]);
        check("a = 'it''s, b = 2', c = 3", &["a", "c"]);
        check("a = E'back\\\\slash\\', b', \"C d\" = ''", &["a", "\"C d\""]);
    }
}
