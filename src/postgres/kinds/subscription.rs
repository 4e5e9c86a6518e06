//! Subscriptions, where the tenant is a database. Where they connect to is each tenant's own and often has a password in
//! it, so it is never read: a new one is made without, does nothing and has no slot, as one that `pg_restore` makes.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Server, is_default};
use super::super::quote::{identifiers, literal, outer_name};
use super::described::Described;
use super::replaced::target;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    publications: Vec<SmolStr>,
    /// The slot at the publisher; absent where it has the subscription's name, and empty where there is none.
    #[serde(skip_serializing_if = "is_default")]
    slot: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    two_phase: bool,
    /// What else it is set to, `name=value` in the order of names, where that is not the default of PostgreSQL 14.
    #[serde(skip_serializing_if = "is_default")]
    settings: Vec<String>,
}

/// Rows of other databases are in the same catalogue. Only superusers may read all columns of it.
pub(super) const DESCRIBED: Described = Described {
    kind: "subscription",
    class: 6100,
    catalogue: "pg_database b JOIN pg_subscription s ON s.subdbid = b.oid AND b.datname = current_database() \
                CROSS JOIN LATERAL (SELECT s.oid)",
    name: "ARRAY[s.subname::text]",
    attributes,
};

/// Each setting with the SQL for its value, which is null where it is the default.
fn settings(server: &Server) -> Vec<(&'static str, &'static str)> {
    let streaming = if server.version >= 160_000 {
        "CASE s.substream WHEN 't' THEN 'on' WHEN 'p' THEN 'parallel' END"
    } else {
        "CASE WHEN s.substream THEN 'on' END"
    };
    let mut settings = vec![
        ("binary", "nullif(s.subbinary, false)::text"),
        ("streaming", streaming),
        ("synchronous_commit", "nullif(s.subsynccommit, 'off')"),
    ];
    if server.version >= 150_000 {
        settings.push(("disable_on_error", "nullif(s.subdisableonerr, false)::text"));
    }
    if server.version >= 160_000 {
        settings.push(("origin", "nullif(s.suborigin, 'any')"));
        settings.push(("password_required", "nullif(s.subpasswordrequired, true)::text"));
        settings.push(("run_as_owner", "nullif(s.subrunasowner, false)::text"));
    }
    if server.version >= 170_000 {
        settings.push(("failover", "nullif(s.subfailover, false)::text"));
    }
    settings.sort_unstable();
    settings
}

fn attributes(server: &Server) -> String {
    let settings: Vec<String> = settings(server).iter().map(|(name, value)| format!("'{name}=' || {value}")).collect();
    let two_phase = if server.version >= 150_000 { "nullif(s.subtwophasestate <> 'd', false)" } else { "NULL" };
    format!(
        "'publications', to_jsonb(s.subpublications), \
         'slot', nullif(coalesce(s.subslotname, ''), s.subname), 'two_phase', {two_phase}, \
         'settings', to_jsonb(nullif(array_remove(ARRAY[{}], NULL), '{{}}'))",
        settings.join(", ")
    )
}

/// What a setting is where nothing is told of it.
fn usual(name: &str) -> &'static str {
    match name {
        "origin" => "any",
        "password_required" => "true",
        "streaming" | "synchronous_commit" => "off",
        _ => "false",
    }
}

impl Attributes {
    fn slot(&self, id: &ObjectId) -> String {
        let own = || id.name.last().map_or("", |name| name).to_owned();
        match self.slot.clone().unwrap_or_else(own) {
            none if none.is_empty() => "slot_name = NONE".to_owned(),
            slot => format!("slot_name = {}", literal(&slot)),
        }
    }
}

fn clause(setting: &str) -> String {
    let (name, value) = setting.split_once('=').unwrap_or((setting, "true"));
    format!("{name} = {}", literal(value))
}

pub(super) struct Subscription;

impl Kind for Subscription {
    fn name(&self) -> &'static str {
        "subscription"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "two_phase" {
            return Rule::Refuse(
                "no server before PostgreSQL 18 changes `two_phase` of a subscription: change it by hand".into(),
            );
        }
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut options = vec!["connect = false".to_owned(), attributes.slot(&object.id)];
        options.extend(attributes.two_phase.then(|| "two_phase = true".to_owned()));
        // From PostgreSQL 18 on it would be `parallel`.
        let says_streaming = attributes.settings.iter().any(|setting| setting.starts_with("streaming="));
        options.extend((!says_streaming).then(|| "streaming = 'off'".to_owned()));
        options.extend(attributes.settings.iter().map(|setting| clause(setting)));
        let name = outer_name(&object.id);
        let text = format!(
            "CREATE SUBSCRIPTION {name} CONNECTION '' PUBLICATION {} WITH ({})",
            identifiers(&attributes.publications),
            options.join(", ")
        );
        let reason = "its connection is kept nowhere and it does nothing yet: set the connection, make its slot at the \
                      publisher, then ENABLE and REFRESH it by hand";
        let step = MigrationStep::create(&object.id, text);
        Ok(vec![MigrationStep { reason: Some(reason.to_owned()), ..step }])
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let mut clauses = Vec::new();
        if changes.iter().any(|change| change.attribute == "publications") {
            clauses.push(format!("SET PUBLICATION {} WITH (refresh = false)", identifiers(&after.publications)));
        }
        let name_of = |setting: &str| setting.split('=').next().unwrap_or_default().to_owned();
        let is_told = |name: &str| after.settings.iter().any(|setting| name_of(setting) == name);
        let reset = before.settings.iter().map(|setting| name_of(setting)).filter(|name| !is_told(name));
        let reset = reset.map(|name| format!("{name} = '{}'", usual(&name)));
        let set =
            after.settings.iter().filter(|setting| !before.settings.contains(setting)).map(|setting| clause(setting));
        let slot = (before.slot != after.slot).then(|| after.slot(&object.id));
        let settings: Vec<String> = reset.chain(set).chain(slot).collect();
        clauses.extend((!settings.is_empty()).then(|| format!("SET ({})", settings.join(", "))));
        let step = |clause| MigrationStep::alter(&object.id, format!("ALTER {} {clause}", target(&object.id)));
        Ok(clauses.into_iter().map(step).collect())
    }

    /// The slot stays at the publisher, as nothing connects there within a transaction.
    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let target = target(&object.id);
        let step = MigrationStep::drop(&object.id, format!("ALTER {target} DISABLE"));
        let step = step.then(format!("ALTER {target} SET (slot_name = NONE)")).then(format!("DROP {target}"));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        let lost = "its connection and how far it has come are lost; its slot stays at the publisher: drop it there";
        Ok(vec![step.hazard(HazardKind::DataLoss, lost)])
    }
}
