//! Made-up pairs of schemas, both ways, with rows: what is planned and run gives the target, nothing is left to do, rows
//! are kept where nothing says that they are lost, and the order in which a schema was made does not show.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must fail loudly")]

#[path = "support/generator.rs"]
mod generator;
#[path = "support/rows.rs"]
mod rows;

use std::sync::Arc;

use fastrand::Rng;
use generator::Generated;
use rows::Rows;
use schema_sync::adapter::{Location, TenantContext};
use schema_sync::engine::{Engine, SyncState};
use schema_sync::plan::{Allowance, HazardKind, Policy};
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync::store::{Object, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;

const PAIRS: u64 = 300;
const WORKERS: u64 = 3;
const DATABASE: &str = "property";

#[test]
fn made_up_schemas_become_each_other() {
    let cluster = Cluster::shared();
    cluster.create_database(DATABASE);
    let failures: Vec<String> = std::thread::scope(|scope| {
        let check = |worker: u64| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let seeds = (0..PAIRS).filter(|seed| seed % WORKERS == worker);
            seeds.filter_map(|seed| runtime.block_on(check_pair(cluster, seed)).err()).collect::<Vec<_>>()
        };
        let threads: Vec<_> = (0..WORKERS).map(|worker| scope.spawn(move || check(worker))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let shown = failures.iter().take(8).cloned().collect::<Vec<_>>().join("\n\n");
    assert!(failures.is_empty(), "{} of {PAIRS} pairs failed:\n\n{shown}", failures.len());
}

struct Pair<'a> {
    cluster: &'a Cluster,
    engine: Engine,
    live: TenantContext,
}

async fn check_pair(cluster: &Cluster, seed: u64) -> Result<(), String> {
    let (a, b) = generator::pair(seed);
    let mut rng = Rng::with_seed(seed);
    let [live, target, shuffled] = ["live", "target", "shuffled"].map(|part| format!("p{seed}_{part}"));
    let load = |schema: &str, sql: &str| format!("CREATE SCHEMA {schema};\nSET search_path TO {schema};\n{sql};\n");
    let script = [
        load(&live, &a.sql()),
        Generated::rows() + ";\n",
        load(&target, &b.sql()),
        load(&shuffled, &b.shuffled(&mut rng)),
    ];
    let wrong = |what: String| format!("seed {seed}: {what}\nfrom\n{}\nto\n{}", a.sql(), b.sql());
    cluster.try_psql(DATABASE, &script.concat()).map_err(&wrong)?;
    let pattern = TenantPattern::Schemas { pattern: "p*".to_owned(), exclude: Vec::new() };
    let adapter = PostgresAdapter::new(&cluster.url(DATABASE), pattern).unwrap();
    let engine = Engine::from_adapter(Arc::new(adapter)).with_policy(Policy::allowing(vec![Allowance::All]));
    let tenant = |schema: &str| TenantContext::new(schema, Location::Schema(schema.to_owned()));
    let tenants = [tenant(&live), tenant(&target), tenant(&shuffled)];
    let mut snapshots = Vec::new();
    for snapshot in engine.adapter().inspector().inspect_schemas(&tenants).await {
        snapshots.push(snapshot.map_err(|error| wrong(error.to_string()))?);
    }
    if snapshots[1].hash() != snapshots[2].hash() {
        let is_other = |object: &&Object| snapshots[2].get(&object.id) != Some(object);
        let others: Vec<_> = snapshots[1].objects().iter().filter(is_other).collect();
        return Err(wrong(format!("made in another order, the schema has another hash: {others:?}")));
    }
    let pair = Pair { cluster, engine, live: tenant(&live) };
    pair.check_way(&snapshots[0], &snapshots[1]).await.map_err(|error| wrong(format!("there: {error}")))?;
    pair.check_way(&snapshots[1], &snapshots[0]).await.map_err(|error| wrong(format!("back: {error}")))?;
    let drop = [live, target, shuffled].map(|schema| format!("DROP SCHEMA {schema} CASCADE;"));
    cluster.psql(DATABASE, &format!("SET client_min_messages = error;\n{}", drop.join("\n")));
    Ok(())
}

impl Pair<'_> {
    async fn check_way(&self, before: &SchemaSnapshot, target: &SchemaSnapshot) -> Result<(), String> {
        let rows = Rows::read(self.cluster, DATABASE, &self.live.name, before);
        let promote = || async {
            let outcome = self.engine.sync_tenant(&self.live, Some(target), true).await;
            outcome.map_err(|error| error.to_string())
        };
        let outcome = promote().await?;
        let plan = outcome.plan.as_deref().into_iter();
        let statements = || plan.clone().flat_map(|plan| plan.statements()).collect::<Vec<_>>().join(";\n");
        if promote().await?.state != SyncState::AlreadyInSync {
            return Err(format!("the second plan is not empty; the first was\n{}", statements()));
        }
        let hazards = plan.clone().flat_map(|plan| plan.hazards());
        let lost: Vec<_> = hazards.filter(|hazard| hazard.kind == HazardKind::DataLoss).collect();
        let is_lost = |id: &_| lost.iter().any(|hazard| hazard.object == *id);
        match rows.difference(self.cluster, DATABASE, &self.live.name, target, &is_lost) {
            Some(difference) => Err(format!("{difference}; the plan was\n{}", statements())),
            None => Ok(()),
        }
    }
}
