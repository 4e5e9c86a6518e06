//! User mappings of foreign servers, where the tenant is a database. Their passwords are never read.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::Server;
use super::super::quote::{identifier, last_part, outer_name};
use super::described::Described;
use super::foreign_options::{self, ForeignOptions};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(flatten)]
    options: ForeignOptions,
}

/// The view shows them to everybody; the options to those who may see them.
pub(super) const DESCRIBED: Described = Described {
    kind: "user_mapping",
    class: 1418,
    catalogue: "(SELECT umid AS oid, * FROM pg_user_mappings)",
    name: "ARRAY[x.srvname::text, x.usename::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    let options = foreign_options::options("x.umoptions");
    format!(
        "{options}, 'hidden', nullif(x.umoptions IS NULL AND current_setting('is_superuser') = 'off' \
         AND NOT CASE WHEN x.umuser = 0 THEN pg_has_role((SELECT s.srvowner FROM pg_foreign_server s WHERE s.oid = x.srvid), 'USAGE') \
         ELSE x.usename = current_user END, false)"
    )
}

fn target(id: &ObjectId) -> String {
    format!("USER MAPPING FOR {} SERVER {}", identifier(last_part(id)), outer_name(id))
}

pub(super) struct UserMapping;

impl Kind for UserMapping {
    fn name(&self) -> &'static str {
        "user_mapping"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "left_out" { Rule::Cosmetic } else { Rule::Alter }
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { options } = attributes_of(object)?;
        let text = format!("CREATE {}{}", target(&object.id), options.clause());
        Ok(vec![MigrationStep { reason: options.reason(), ..MigrationStep::create(&object.id, text) }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let changes = after.options.changes_from(&before.options);
        Ok(vec![MigrationStep::alter(&object.id, format!("ALTER {}{changes}", target(&object.id)))])
    }

    fn drop(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { options } = attributes_of(object)?;
        Ok(vec![options.lost_by(MigrationStep::drop(&object.id, format!("DROP {}", target(&object.id))))])
    }
}
