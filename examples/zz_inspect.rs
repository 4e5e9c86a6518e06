//! scratch
#[allow(missing_docs, clippy::all)]
#[tokio::main]
async fn main() {
    use schema_sync::postgres::*;
    use std::sync::Arc;
    let url = std::env::args().nth(1).unwrap();
    let pattern = match std::env::args().nth(2) {
        Some(s) => TenantPattern::Schema(s),
        None => TenantPattern::Database,
    };
    let adapter = PostgresAdapter::new(&url, pattern).unwrap();
    let engine = schema_sync::engine::Engine::from_adapter(Arc::new(adapter));
    let t = engine.list_tenants().await.unwrap();
    let s = engine.inspect(&t[0]).await.unwrap();
    if std::env::args().nth(3).is_some() {
        let e = schema_sync::store::SchemaSnapshot::empty("postgresql");
        let plan = engine.plan(&e, &s).unwrap();
        for st in plan.statements() {
            println!("{st};");
        }
        return;
    }
    print!("{}", String::from_utf8(s.to_bytes()).unwrap());
}
