//! Indexes made by CREATE INDEX: always replaced whole.

use schema_sync_store::Object;

use super::super::change::WRITE_LOCK;
use super::super::dangers;
use super::super::model::{IndexAttributes, IndexTerm};
use super::super::quote::identifier;
use super::super::table::{key_column, own_name, table_of};
use super::relation_claim;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

pub(super) struct IndexKind;

impl Kind for IndexKind {
    fn name(&self) -> &'static str {
        "index"
    }

    fn rule(&self, _change: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: IndexAttributes = attributes_of(object)?;
        let terms: Vec<String> = attributes
            .terms
            .iter()
            .map(|term| match term {
                IndexTerm::Column(key) => key_column(key),
                IndexTerm::Expression { expression, descending } => {
                    format!("{expression}{}", if *descending { " DESC" } else { "" })
                }
            })
            .collect();
        let condition = attributes.condition.as_ref().map(|condition| format!(" WHERE {condition}"));
        let statement = format!(
            "CREATE {}INDEX {} ON {} ({}){}",
            if attributes.unique { "UNIQUE " } else { "" },
            identifier(own_name(&object.id)),
            identifier(own_name(&table_of(&object.id))),
            terms.join(", "),
            condition.unwrap_or_default()
        );
        let mut step = MigrationStep::create(&object.id, statement).locking(WRITE_LOCK);
        dangers::index_duplicates(&mut step, object, &attributes, sides)?;
        Ok(vec![step])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, _sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let statement = format!("DROP INDEX {}", identifier(own_name(&object.id)));
        Ok(vec![MigrationStep::drop(&object.id, statement).locking(WRITE_LOCK)])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        relation_claim(own_name(&object.id))
    }
}
