//! Blame and the search of logs, against what is found by looking at every snapshot of a log.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use schema_sync_store::{Attributes, Object, ObjectId};
use serde_json::json;

use super::super::history::{LogFilter, ObjectName};
use super::*;

const LOGS: usize = 150;
const ENTRIES_MAX: usize = 40;

/// Objects by name, each with a number that stands for its form.
type Forms = BTreeMap<&'static str, u8>;

fn of_forms(forms: &Forms) -> SchemaSnapshot {
    let object = |(name, form): (&&str, &u8)| {
        let mut object = Object::new(ObjectId::new("thing", [*name]));
        object.attributes = Attributes::from_iter([("form".to_owned(), json!(form))]);
        object
    };
    SchemaSnapshot::new("test", BTreeSet::new(), forms.iter().map(object).collect()).unwrap()
}

/// A log in which objects come, change, go and come back; none where an entry names no snapshot. Oldest first.
fn random_log(random: &mut fastrand::Rng) -> Vec<Option<Forms>> {
    let mut forms = Forms::from([("a", 0)]);
    let mut log = vec![Some(forms.clone())];
    for _ in 0..random.usize(..ENTRIES_MAX) {
        let name = ["a", "b", "c", "d"][random.usize(..4)];
        match random.u8(..6) {
            0 => log.push(None),
            1 => drop(forms.remove(name)),
            _ => drop(forms.insert(name, random.u8(..2))),
        }
        log.push(Some(forms.clone()));
    }
    log
}

/// The number of the entry that brought the form that an object has in the last snapshot, found the slow way.
fn brought(log: &[(u64, &Forms)], name: &str) -> Option<u64> {
    let form = log.last()?.1.get(name)?;
    let same = log.iter().rev().take_while(|(_, forms)| forms.get(name) == Some(form));
    same.last().map(|(sequence, _)| *sequence)
}

/// The numbers of the entries in which an object came, changed or went, newest first, found the slow way.
fn changed(log: &[(u64, &Forms)], name: &str) -> Vec<u64> {
    let before = std::iter::once(None).chain(log.iter().map(|(_, forms)| forms.get(name)));
    let pairs = log.iter().zip(before).filter(|((_, forms), before)| forms.get(name) != *before);
    let mut changed: Vec<u64> = pairs.map(|((sequence, _), _)| *sequence).collect();
    changed.reverse();
    changed
}

#[tokio::test]
async fn searches_find_what_looking_at_everything_finds_and_read_each_snapshot_once() {
    let mut random = fastrand::Rng::with_seed(7);
    let subject = Subject::Ref("r".to_owned());
    let name: LogName = "refs/r".parse().unwrap();
    for _ in 0..LOGS {
        let log = random_log(&mut random);
        let store = Arc::new(Meddled::default());
        let registry = Registry::new(Arc::clone(&store) as Arc<dyn SnapshotStore>, "tester");
        let mut last = None;
        for forms in &log {
            let mut entry = NewEntry::new(Event::CAPTURED, "tester");
            if let Some(forms) = forms {
                entry = entry.snapshot(store.inner.put(&of_forms(forms)).await.unwrap());
            }
            last = Some(store.inner.append(&name, last.as_ref(), entry).await.unwrap().hash);
        }
        let with_forms: Vec<(u64, &Forms)> =
            (1..).zip(&log).filter_map(|(sequence, forms)| Some((sequence, forms.as_ref()?))).collect();
        let distinct = with_forms.iter().map(|(_, forms)| of_forms(forms).hash()).collect::<HashSet<_>>().len();

        let blame = registry.blame(&subject, Moment::Back(0), None).await.unwrap();
        assert!(store.gets.swap(0, Ordering::SeqCst) <= distinct);
        let found: Vec<(String, u64)> = blame.objects.iter().map(|(id, entry)| (id.dotted(), entry.sequence)).collect();
        let expected: Vec<(String, u64)> = ["a", "b", "c", "d"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), brought(&with_forms, name)?)))
            .collect();
        assert_eq!(found, expected, "{log:?}");

        for object in ["a", "b", "c", "d"] {
            let expected = changed(&with_forms, object);
            let filter = LogFilter { object: Some(ObjectName::new(object)), ..LogFilter::default() };
            let found = registry.history(&name, &filter, 100).await;
            let reads = store.gets.swap(0, Ordering::SeqCst);
            match found {
                Ok(found) => {
                    assert!(reads <= distinct);
                    let found: Vec<u64> = found.iter().map(|logged| logged.entry.sequence).collect();
                    assert_eq!(found, expected, "{object} {log:?}");
                }
                Err(RegistryError::UnknownObject { .. }) => assert_eq!(expected, [0; 0], "{object} {log:?}"),
                Err(error) => panic!("{error}"),
            }
        }
    }
}
