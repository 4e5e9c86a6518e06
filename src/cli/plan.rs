//! `plan`: the steps that turn one snapshot, or a tenant as it is now, into another snapshot.

use std::path::PathBuf;

use clap::Args;
use schema_sync::engine::connect;
use schema_sync::plan::{DependencyPlanner, Planner};

use super::diff::{between, say_uncompared};
use super::failure::Failure;
use super::output::{Paint, print, print_json, say};
use super::session::Session;
use super::sync::Permission;
use super::{Ending, Format, text_plan};

/// Show the steps from one snapshot to another: `plan FROM TO`, or `plan TO --tenant T`
#[derive(Args)]
pub(super) struct Plan {
    /// The snapshot before and the one after; with --tenant the one after alone
    #[arg(value_name = "REV", num_args = 1..=2, required = true)]
    revisions: Vec<String>,
    /// The tenant that the plan is for, as it is now
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
    /// Write the plan to this file as JSON, too
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    permission: Permission,
}

impl Plan {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let format = session.format(&[Format::Sql])?;
        let policy = self.permission.policy()?;
        let (from, to) = match (self.revisions.as_slice(), &self.tenant) {
            ([from, to], None) => (from.clone(), to.clone()),
            ([to], Some(tenant)) => (format!("live:{tenant}"), to.clone()),
            ([_, _], Some(_)) => {
                return Err(Failure::usage("--tenant stands in for the snapshot before: name the one after alone"));
            }
            _ => {
                return Err(
                    Failure::usage("what the plan starts from is missing").help("plan FROM TO, or plan TO --tenant T")
                );
            }
        };
        let (from, to) = session.resolve_both(&from, &to).await?;
        let dialect = connect::dialect(from.dialect())
            .ok_or_else(|| Failure::usage(format!("this version knows no database called `{}`", from.dialect())))?;
        let plan = DependencyPlanner.plan(&from, &to, dialect)?;
        let plan = match &self.tenant {
            Some(tenant) => {
                let fleets = session.live_fleets(None).await?;
                let (fleet, tenant) = fleets.find(tenant).await?;
                fleet.engine.adapter().migration_runner().bind(&tenant, &plan).into_owned()
            }
            None => plan,
        };
        say_uncompared([&between(&from, &to)?]);
        let document = text_plan::as_json(&plan, &policy);
        if let Some(path) = &self.out {
            std::fs::write(path, format!("{document:#}\n"))
                .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))?;
        }
        match format {
            Format::Json => print_json(&document)?,
            Format::Sql => print(&text_plan::render_sql(&plan))?,
            _ if plan.is_empty() => say("nothing differs, so there is nothing to do"),
            _ => print(&text_plan::render(&plan, &policy, Paint::for_stdout()))?,
        }
        Ok(Ending::Done)
    }
}
