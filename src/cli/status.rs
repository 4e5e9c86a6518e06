//! `status`: the fleet by hash, as the databases are now: who has what, who is behind, who drifted.

use std::collections::BTreeMap;

use clap::Args;
use schema_sync::adapter::TenantContext;
use schema_sync::engine::EngineError;
use schema_sync::engine::registry::{BLESSED, RegistryError};
use schema_sync::engine::revision::{Moment, Subject};
use schema_sync::store::{LogName, SchemaDiff, SchemaSnapshot, SnapshotHash, StoreError};
use serde_json::{Value, json};

use super::Ending;
use super::capture::fail_with_tenants;
use super::diff::{between, say_uncompared};
use super::failure::Failure;
use super::output::{Paint, count, print, print_json, progress};
use super::session::Session;
use super::sync_report::names_shown;

/// Show the fleet by hash, as it is now: who has what, who is behind, who drifted
#[derive(Args)]
pub(super) struct Status {
    /// What they are compared with; by default blessed, where there is such a ref
    #[arg(long, value_name = "REV")]
    against: Option<String>,
    /// Only this fleet
    #[arg(long, value_name = "NAME")]
    fleet: Option<String>,
    /// Exit with 1 where a tenant is not in sync
    #[arg(long)]
    exit_code: bool,
}

/// How a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    /// It is what it should be.
    InSync,
    /// It is what its log says, which is not what it should be.
    Behind,
    /// It is what its log says; there is nothing that it should be.
    AsRecorded,
    /// It was changed since its log was last written, by something else.
    Drifted,
    /// It has no log.
    NotCaptured,
}

impl Standing {
    fn name(self) -> &'static str {
        match self {
            Self::InSync => "in-sync",
            Self::Behind => "behind",
            Self::AsRecorded => "as-recorded",
            Self::Drifted => "drifted",
            Self::NotCaptured => "not-captured",
        }
    }

    fn is_fine(self) -> bool {
        matches!(self, Self::InSync | Self::AsRecorded)
    }
}

/// One tenant's row.
struct Row {
    tenant: TenantContext,
    hash: SnapshotHash,
    recorded: Option<SnapshotHash>,
    changes: Option<usize>,
    standing: Standing,
}

/// The whole picture.
struct Picture {
    against: Option<SnapshotHash>,
    rows: Vec<Row>,
    failed: Vec<(TenantContext, EngineError)>,
}

impl Status {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let picture = self.look(session).await?;
        if is_json {
            print_json(&as_json(&picture))?;
        } else {
            print(&as_text(&picture, Paint::for_stdout()))?;
        }
        let fine = picture.rows.iter().all(|row| row.standing.is_fine());
        fail_with_tenants("inspected", picture.failed.into_iter())?;
        Ok(if self.exit_code && !fine { Ending::Differs } else { Ending::Done })
    }

    async fn look(&self, session: &Session) -> Result<Picture, Failure> {
        let registry = session.records().await?;
        let against = match &self.against {
            Some(revision) => Some(session.resolve(revision).await?),
            None => match registry.hash_of(&Subject::Ref(BLESSED.to_owned()), Moment::Back(0)).await {
                Ok(hash) => Some(registry.get(&hash).await?),
                Err(RegistryError::UnknownRef { .. }) => None,
                Err(error) => return Err(error.into()),
            },
        };
        let fleets = session.live_fleets(self.fleet.as_deref()).await?;
        let mut picture =
            Picture { against: against.as_ref().map(SchemaSnapshot::hash), rows: Vec::new(), failed: Vec::new() };
        let mut diffs: Vec<SchemaDiff> = Vec::new();
        let mut changes_of: BTreeMap<SnapshotHash, usize> = BTreeMap::new();
        for (fleet, tenants) in fleets.all().await? {
            let bar = progress("inspecting", tenants.len());
            let on_batch = |done: usize| bar.inc(u64::try_from(done).unwrap_or(u64::MAX));
            let inspected = fleet.engine.inspect_all(&tenants, fleet.config.concurrency, &on_batch).await;
            bar.finish_and_clear();
            let logs: Result<Vec<LogName>, _> = tenants.iter().map(|tenant| LogName::tenant(&tenant.name)).collect();
            let lasts = registry.store().last_entries(&logs.map_err(StoreError::from)?).await?;
            for ((tenant, live), last) in tenants.into_iter().zip(inspected).zip(lasts) {
                let live = match live {
                    Ok(live) => live,
                    Err(error) => {
                        picture.failed.push((tenant, error));
                        continue;
                    }
                };
                let hash = live.hash();
                let changes = match (&against, changes_of.get(&hash)) {
                    (None, _) => None,
                    (Some(_), Some(changes)) => Some(*changes),
                    (Some(against), None) => {
                        // What cannot be compared is not in sync either.
                        let diff = between(&live, against)?;
                        let changes = diff.change_count() + diff.incomparable.len();
                        diffs.push(diff);
                        Some(changes)
                    }
                };
                changes_of.extend(changes.map(|changes| (hash, changes)));
                let recorded = last.and_then(|entry| entry.snapshot);
                picture.rows.push(Row { standing: standing(hash, recorded, changes), tenant, hash, recorded, changes });
            }
        }
        say_uncompared(&diffs);
        Ok(picture)
    }
}

fn standing(hash: SnapshotHash, recorded: Option<SnapshotHash>, changes: Option<usize>) -> Standing {
    match (changes, recorded) {
        (Some(0), _) => Standing::InSync,
        (_, None) => Standing::NotCaptured,
        (_, Some(recorded)) if recorded != hash => Standing::Drifted,
        (Some(_), Some(_)) => Standing::Behind,
        (None, Some(_)) => Standing::AsRecorded,
    }
}

/// How many changes part the tenants of one hash from what they should be, and their names.
type Group<'a> = (Option<usize>, Vec<&'a str>);

fn as_text(picture: &Picture, paint: Paint) -> String {
    let mut groups: BTreeMap<(SnapshotHash, Standing), Group<'_>> = BTreeMap::new();
    for row in &picture.rows {
        let (_, names) = groups.entry((row.hash, row.standing)).or_insert_with(|| (row.changes, Vec::new()));
        names.push(&row.tenant.name);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(key, (_, names))| (std::cmp::Reverse(names.len()), *key));
    let mut printed = match picture.against {
        Some(against) => {
            format!("{} against {}\n\n", count(picture.rows.len(), "tenant"), paint.yellow(&against.short()))
        }
        None => format!("{}; nothing is blessed to compare with\n\n", count(picture.rows.len(), "tenant")),
    };
    for ((hash, standing), (changes, names)) in groups {
        let changes = changes
            .filter(|count| *count > 0)
            .map_or_else(String::new, |number| format!(", {}", count(number, "change")));
        let standing_text = format!("{}{changes}", standing.name().replace('-', " "));
        let padded = format!("{standing_text:<24}");
        let padded = if standing.is_fine() { paint.green(&padded) } else { paint.red(&padded) };
        let tenants = format!("{:<12}", count(names.len(), "tenant"));
        printed.push_str(&format!("{}  {tenants} {padded} {}\n", paint.yellow(&hash.short()), names_shown(&names)));
    }
    printed
}

fn as_json(picture: &Picture) -> Value {
    let rows = picture.rows.iter().map(|row| {
        json!({
            "tenant": row.tenant.name, "hash": row.hash, "recorded": row.recorded,
            "standing": row.standing.name(), "changes": row.changes,
        })
    });
    let failed =
        picture.failed.iter().map(|(tenant, error)| json!({ "tenant": tenant.name, "error": error.to_string() }));
    json!({ "against": picture.against, "tenants": rows.collect::<Vec<_>>(), "failed": failed.collect::<Vec<_>>() })
}
