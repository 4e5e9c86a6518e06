//! One pair on a real server: A becomes B and B becomes A again, and each time nothing is left to do, rows are kept, and
//! `pg_dump` agrees.

use fastrand::Rng;
use schema_sync::adapter::{Location, TenantContext};
use schema_sync::engine::{Engine, SyncState};
use schema_sync::plan::HazardKind;
use schema_sync::store::{Object, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use crate::choices::{Choices, Chosen, Origin, Side};
use crate::made::{self, Made};
use crate::rows::Rows;
use crate::script::Script;
use crate::support;

/// Refusals that stand in `docs/postgresql.md`. The pair is then none that could be promoted.
const EXPECTED_REFUSALS: &[&str] = &[
    "its new constraint cannot be proven",
    "it would be the parent's alone",
    "is part of the partition key",
    "which the server refuses for a column that its table is partitioned by",
    "has no partition for them",
    "no partition of relation",
    "which is new and has none",
    "refer to no row of",
    // The server's own words: rows refer to rows of a partition that goes.
    "removing partition",
    // The server's own words: rows of the default partition belong to one that comes.
    "updated partition constraint for default partition",
];

/// How a pair came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Converged,
    Refused,
}

/// What is wrong with a pair.
#[derive(Debug, Clone)]
pub(crate) struct Wrong {
    /// The same for pairs that fail in the same way.
    pub(crate) class: String,
    pub(crate) text: String,
}

impl Wrong {
    fn new(stage: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { class: format!("{stage}: {}", class_of(&text)), text: format!("{stage}: {text}") }
    }
}

/// The order of columns does not count, and comments on them follow it.
fn sorted(dump: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = dump.lines().collect();
    lines.sort_unstable();
    lines
}

/// The words of a message's first line that name nothing of the pair's own.
fn class_of(text: &str) -> String {
    let mut words = Vec::new();
    let mut is_quoted = false;
    for word in text.lines().next().unwrap_or_default().split_whitespace().take(40) {
        let quotes = word.matches(['"', '`', '\'']).count();
        let is_plain = word.chars().all(|each| each.is_ascii_lowercase() || ",;:".contains(each)) && word.len() > 2;
        if !is_quoted && quotes == 0 && is_plain {
            words.push(word);
        }
        if quotes % 2 == 1 {
            is_quoted = !is_quoted;
        }
    }
    words.join(" ")
}

/// A database that is emptied for each pair.
struct Place {
    name: String,
    /// What a tenant in it is called that is a schema.
    schema: &'static str,
    client: Client,
    engine: Engine,
    tenant: TenantContext,
}

/// What checks one pair after the other.
pub(crate) struct Judge {
    cluster: &'static Cluster,
    live: Place,
    target: Place,
    shuffled: Place,
    /// Every so manyth pair is dumped.
    pub(crate) dump_every: u64,
    /// How many statements could not be run, as what they are made of does not go together.
    pub(crate) left_out: Vec<String>,
    pub(crate) statements: usize,
}

/// A pair's two sides as they were made, and what was chosen for them.
pub(crate) struct Pair {
    pub(crate) chosen: [Chosen; 2],
    pub(crate) sides: [Script; 2],
    pub(crate) result: Result<Verdict, Wrong>,
}

const EMPTY: &str = "SET client_min_messages = error; DO $$ DECLARE each record; BEGIN \
    FOR each IN SELECT evtname FROM pg_event_trigger LOOP EXECUTE format('DROP EVENT TRIGGER %I', each.evtname); END LOOP; \
    FOR each IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', each.pubname); END LOOP; \
    FOR each IN SELECT fdwname FROM pg_foreign_data_wrapper LOOP EXECUTE format('DROP FOREIGN DATA WRAPPER %I CASCADE', each.fdwname); END LOOP; \
    FOR each IN SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' LOOP EXECUTE format('DROP EXTENSION IF EXISTS %I CASCADE', each.extname); END LOOP; \
    FOR each IN SELECT format_type(trftype, NULL) AS of_type, lanname FROM pg_transform t JOIN pg_language l ON l.oid = trflang \
    LOOP EXECUTE format('DROP TRANSFORM FOR %s LANGUAGE %I CASCADE', each.of_type, each.lanname); END LOOP; \
    FOR each IN SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' \
    LOOP EXECUTE format('DROP SCHEMA %I CASCADE', each.nspname); END LOOP; \
    FOR each IN SELECT lanname FROM pg_language WHERE oid >= 16384 LOOP EXECUTE format('DROP LANGUAGE %I CASCADE', each.lanname); END LOOP; \
    FOR each IN SELECT amname FROM pg_am WHERE oid >= 16384 LOOP EXECUTE format('DROP ACCESS METHOD %I CASCADE', each.amname); END LOOP; \
    CREATE SCHEMA public; END $$";

impl Place {
    async fn new(cluster: &'static Cluster, name: String, schema: &'static str) -> Self {
        cluster.create_database(&name);
        let (client, connection) = tokio_postgres::connect(&cluster.url(&name), NoTls).await.unwrap();
        tokio::spawn(connection);
        let engine = support::engine(cluster, &name);
        let tenant = TenantContext::new(&*name, Location::Database(name.clone()));
        Self { name, schema, client, engine, tenant }
    }

    /// Empties the database for a tenant that is all of it, or a schema in it.
    async fn empty(&mut self, is_in_schema: bool) {
        self.client.batch_execute(EMPTY).await.unwrap();
        let location = if is_in_schema {
            let sql = format!("CREATE SCHEMA \"{0}\"; SET search_path TO \"{0}\"", self.schema);
            self.client.batch_execute(&sql).await.unwrap();
            Location::Schema(self.schema.to_owned())
        } else {
            self.client.batch_execute("RESET search_path").await.unwrap();
            Location::Database(self.name.clone())
        };
        self.tenant = TenantContext::new(&*self.name, location);
    }

    /// The tenant's own schema.
    fn own_schema(&self) -> &str {
        if matches!(self.tenant.location, Location::Schema(_)) { self.schema } else { "public" }
    }

    /// What `pg_dump` says of it, with one name for every tenant that is a schema.
    fn dump(&self, cluster: &Cluster) -> String {
        let dump = support::dump(cluster, &self.name);
        dump.replace(&format!("\"{}\"", self.schema), "tenant").replace(self.schema, "tenant")
    }

    /// Makes a schema in the emptied database; answers the statements that ran and what was wrong with the others.
    async fn load(&mut self, script: &Script, is_in_schema: bool) -> (Script, Vec<String>) {
        self.empty(is_in_schema).await;
        if self.client.batch_execute(&script.sql()).await.is_ok() {
            return (script.clone(), Vec::new());
        }
        let mut ran = Script::default();
        let mut left_out = Vec::new();
        for statement in &script.statements {
            match self.client.batch_execute(&statement.sql).await {
                Ok(()) => ran.statements.push(statement.clone()),
                Err(error) => {
                    let reason = error.as_db_error().map_or_else(|| error.to_string(), |it| it.message().to_owned());
                    left_out.push(format!("{reason}: {}", statement.sql));
                }
            }
        }
        (ran, left_out)
    }

    async fn look(&self) -> Result<SchemaSnapshot, Wrong> {
        self.engine.inspect(&self.tenant).await.map_err(|error| Wrong::new("inspection", error.to_string()))
    }

    async fn rows(&self, snapshot: &SchemaSnapshot) -> Rows {
        let reader = Rows::reader(self.own_schema(), snapshot);
        let answer = self.client.simple_query(&reader.query()).await.unwrap();
        let line = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..3).map(|place| row.get(place).unwrap_or_default().to_owned()).collect())
            }
            _ => None,
        };
        reader.rows(answer.iter().filter_map(line).collect())
    }
}

impl Judge {
    pub(crate) async fn new(cluster: &'static Cluster, worker: usize) -> Self {
        let place = |part: &str, schema| Place::new(cluster, format!("w{worker}_{part}"), schema);
        let (live, target) = (place("live", "live_one").await, place("target", "The target").await);
        let shuffled = place("shuffled", "shuffled_one").await;
        Self { cluster, live, target, shuffled, dump_every: 10, left_out: Vec::new(), statements: 0 }
    }

    /// Checks the pair of an origin.
    pub(crate) async fn check(&mut self, origin: &Origin) -> Pair {
        let choices = [Side::A, Side::B].map(|side| Choices::of(origin, side));
        let version = self.cluster.major_version();
        let [a, b] = choices.clone().map(|choices| made::schema(choices, version));
        let chosen = choices.map(|choices| choices.chosen());
        self.statements += a.script.statements.len() + b.script.statements.len();
        let mut sides = [Script::default(), Script::default()];
        let result = self.check_made(origin, &a, &b, &mut sides).await;
        Pair { chosen, sides, result }
    }

    async fn check_made(
        &mut self,
        origin: &Origin,
        a: &Made,
        b: &Made,
        sides: &mut [Script; 2],
    ) -> Result<Verdict, Wrong> {
        let (a_ran, a_left_out) = self.live.load(&a.script, a.is_in_schema).await;
        let (b_ran, b_left_out) = self.target.load(&b.script, b.is_in_schema).await;
        self.left_out.extend(a_left_out.into_iter().chain(b_left_out));
        *sides = [a_ran, b_ran];
        for insert in &a.rows {
            // Rows that do not fit are none.
            drop(self.live.client.batch_execute(insert).await);
        }
        let before = self.live.look().await?;
        let target = self.target.look().await?;
        if origin.seed.is_multiple_of(4) {
            self.check_order(origin, &sides[1], b.is_in_schema, &target).await?;
        }
        let is_dumped = origin.seed.is_multiple_of(self.dump_every);
        let dumps = is_dumped.then(|| [&self.live, &self.target].map(|place| place.dump(self.cluster)));
        let [a_dump, b_dump] = dumps.map_or([None, None], |dumps| dumps.map(Some));
        let there = self.check_way("a to b", &before, &target, b_dump.as_deref()).await?;
        if there == Verdict::Refused {
            return Ok(there);
        }
        let now = self.live.look().await?;
        self.check_way("b to a", &now, &before, a_dump.as_deref()).await
    }

    /// The order in which a schema was made does not show.
    async fn check_order(
        &mut self,
        origin: &Origin,
        script: &Script,
        is_in_schema: bool,
        expected: &SchemaSnapshot,
    ) -> Result<(), Wrong> {
        let order = script.shuffled(&mut Rng::with_seed(origin.seed));
        let (_, left_out) = self.shuffled.load(&order, is_in_schema).await;
        if !left_out.is_empty() {
            return Err(Wrong::new("shuffled", left_out.join("\n")));
        }
        let found = self.shuffled.look().await?;
        if found.hash() == expected.hash() {
            return Ok(());
        }
        let is_other = |object: &&Object| found.get(&object.id) != Some(object);
        let others: Vec<_> = expected.objects().iter().filter(is_other).collect();
        let found: Vec<_> = others.iter().map(|object| found.get(&object.id)).collect();
        let kinds: Vec<&str> = others.iter().map(|object| object.id.kind.as_str()).collect();
        Err(Wrong::new(
            "order",
            format!(
                "made otherwise it has another hash: {}\n{others:#?}\nbut made in the order\n{}\n{found:#?}",
                kinds.join(" "),
                order.sql()
            ),
        ))
    }

    async fn check_way(
        &self,
        way: &str,
        before: &SchemaSnapshot,
        target: &SchemaSnapshot,
        dump: Option<&str>,
    ) -> Result<Verdict, Wrong> {
        let live = &self.live;
        let rows = live.rows(before).await;
        let outcome = match live.engine.sync_tenant(&live.tenant, Some(target), true).await {
            Ok(outcome) => outcome,
            Err(error) => {
                let text = error.to_string();
                // Rows that did not fit where they were to be referred to.
                let referred =
                    text.split_once(" is not present in table \"").and_then(|(_, rest)| rest.split_once("\"."));
                let refers_to_none = referred.is_some_and(|(table, _)| rows.has_none(table));
                if refers_to_none || EXPECTED_REFUSALS.iter().any(|reason| text.contains(reason)) {
                    eprintln!("refused: {}", text.lines().next().unwrap_or_default());
                    return Ok(Verdict::Refused);
                }
                let plan = live.engine.plan(before, target);
                let statements = plan.map(|plan| plan.statements().collect::<Vec<_>>().join(";\n")).unwrap_or_default();
                return Err(Wrong::new("promotion", format!("{text}\n{way}, the plan was\n{statements}")));
            }
        };
        let plan = outcome.plan.as_deref().into_iter();
        let statements = || plan.clone().flat_map(|plan| plan.statements()).collect::<Vec<_>>().join(";\n");
        let wrong =
            |stage: &str, text: String| Wrong::new(stage, format!("{text}\n{way}, the plan was\n{}", statements()));
        match live.engine.sync_tenant(&live.tenant, Some(target), false).await {
            Ok(second) if second.state == SyncState::AlreadyInSync => {}
            Ok(second) => return Err(wrong("second", format!("it is not empty: {:?}", second.diff))),
            Err(error) => return Err(wrong("second", error.to_string())),
        }
        let hazards = plan.clone().flat_map(|plan| plan.hazards());
        let lost: Vec<_> = hazards.filter(|hazard| hazard.kind == HazardKind::DataLoss).collect();
        let is_lost = |id: &_| lost.iter().any(|hazard| hazard.object == *id);
        if let Some(difference) = rows.difference_from(&live.rows(target).await, target, &is_lost) {
            return Err(wrong("rows", difference));
        }
        let dumped = dump.map(|_| live.dump(self.cluster));
        if let (Some(loaded), Some(promoted)) = (dump, dumped)
            && let [promoted, loaded] = [&*promoted, loaded].map(|dump| sorted(dump).join("\n"))
            && let Some(difference) = support::difference_of_dumps(&promoted, &loaded)
        {
            return Err(wrong("dump", difference));
        }
        Ok(Verdict::Converged)
    }
}
