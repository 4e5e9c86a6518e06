//! Searching a log: by time, by author, and by the object that changed. Reads each distinct snapshot once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use schema_sync_store::{Attributes, LogEntry, LogName, LogRange, ObjectId, SchemaSnapshot, SnapshotHash};

use super::registry::{Registry, RegistryError};
use super::suggest;
use super::walk::{PAGE_ENTRIES, Walk};

/// Objects as a person names them: `users.email` and all that is inside, `column users.email` of one kind alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName(String);

impl ObjectName {
    /// The objects of this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// Whether this object is meant.
    #[must_use]
    pub fn selects(&self, id: &ObjectId) -> bool {
        let dotted = id.dotted();
        let inside = dotted.strip_prefix(&self.0).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        inside || id.to_string() == self.0
    }

    /// That none of a snapshot's objects is meant, and which one may have been.
    pub(super) fn unknown(&self, place: impl fmt::Display, snapshot: Option<&SchemaSnapshot>) -> RegistryError {
        let objects = snapshot.map_or(&[][..], SchemaSnapshot::objects);
        let names: Vec<String> = objects.iter().map(|object| object.id.dotted()).collect();
        let similar = suggest::nearest(&self.0, &names);
        RegistryError::UnknownObject { name: self.0.clone(), place: place.to_string(), similar }
    }
}

/// Which entries of a log are wanted. All of these must be true of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// It was appended at this time or later.
    pub since: Option<Timestamp>,
    /// It was appended at this time or before.
    pub until: Option<Timestamp>,
    /// This is part of its author's name, capitals or not.
    pub author: Option<String>,
    /// It brought, changed or removed one of these objects.
    pub object: Option<ObjectName>,
}

/// An entry, and how it is named.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// The entry.
    pub entry: LogEntry,
    /// How many entries that name a snapshot come after it, where it names one: the 2 of `~2`.
    pub back: Option<u64>,
}

/// What the objects that are asked for look like in one snapshot.
type Forms = Arc<Vec<(ObjectId, Attributes)>>;

/// A search while it runs.
struct Search<'a> {
    registry: &'a Registry,
    filter: &'a LogFilter,
    limit: usize,
    found: Vec<Logged>,
    back: u64,
    forms: HashMap<SnapshotHash, Forms>,
    /// The newest entry of which it is not yet known whether it changed what is asked for.
    pending: Option<(Logged, Forms)>,
}

impl Registry {
    /// The newest entries of a log that a filter wants, newest first, so many at most.
    ///
    /// # Errors
    /// What the store answers; `UnknownObject` where no snapshot of the log has the object.
    pub async fn history(&self, log: &LogName, filter: &LogFilter, limit: usize) -> Result<Vec<Logged>, RegistryError> {
        let mut search =
            Search { registry: self, filter, limit, found: Vec::new(), back: 0, forms: HashMap::new(), pending: None };
        let mut walk = Walk::new(self.store(), log, LogRange::last(PAGE_ENTRIES.min(limit.max(1))));
        'pages: loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                break;
            }
            for entry in page {
                if !search.take(entry).await? {
                    break 'pages;
                }
            }
        }
        search.end(log).await
    }
}

impl Search<'_> {
    /// Takes the next older entry; answers whether more are wanted.
    async fn take(&mut self, entry: LogEntry) -> Result<bool, RegistryError> {
        let is_too_old = self.filter.since.is_some_and(|since| entry.time < since);
        if is_too_old && self.pending.is_none() || self.found.len() >= self.limit {
            return Ok(false);
        }
        let back = entry.snapshot.map(|_| self.back);
        self.back += u64::from(back.is_some());
        let logged = Logged { entry, back };
        let Some(object) = &self.filter.object else {
            self.add(logged);
            return Ok(true);
        };
        let Some(hash) = logged.entry.snapshot else { return Ok(true) };
        let forms = self.forms(object, hash).await?;
        if let Some((pending, later)) = self.pending.take()
            && later != forms
        {
            self.add(pending);
        }
        if is_too_old {
            return Ok(false);
        }
        self.pending = Some((logged, forms));
        Ok(true)
    }

    fn add(&mut self, logged: Logged) {
        let LogFilter { since, until, author, .. } = self.filter;
        let entry = &logged.entry;
        let in_time = since.is_none_or(|since| entry.time >= since) && until.is_none_or(|until| entry.time <= until);
        let by = |author: &String| entry.author.to_lowercase().contains(&author.to_lowercase());
        if in_time && author.as_ref().is_none_or(by) && self.found.len() < self.limit {
            self.found.push(logged);
        }
    }

    async fn forms(&mut self, object: &ObjectName, hash: SnapshotHash) -> Result<Forms, RegistryError> {
        if let Some(forms) = self.forms.get(&hash) {
            return Ok(Arc::clone(forms));
        }
        let snapshot = self.registry.get(&hash).await?;
        let selected = snapshot.objects().iter().filter(|candidate| object.selects(&candidate.id));
        let forms = Arc::new(selected.map(|object| (object.id.clone(), object.attributes.clone())).collect::<Vec<_>>());
        self.forms.insert(hash, Arc::clone(&forms));
        Ok(forms)
    }

    async fn end(mut self, log: &LogName) -> Result<Vec<Logged>, RegistryError> {
        // What the oldest snapshot has, it brought.
        if let Some((pending, forms)) = self.pending.take()
            && !forms.is_empty()
        {
            self.add(pending);
        }
        if let Some(object) = &self.filter.object
            && self.forms.values().all(|forms| forms.is_empty())
        {
            let last = self.registry.last_snapshot(log).await?;
            return Err(object.unknown(log, last.as_ref()));
        }
        Ok(self.found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_an_object_and_what_is_inside_it() {
        let column = ObjectId::new("column", ["users", "email"]);
        let foreign = column.clone().in_schema(Some("audit".into()));
        for (name, expected) in [
            ("users", (true, false)),
            ("users.email", (true, false)),
            ("column users.email", (true, false)),
            ("index users.email", (false, false)),
            ("users.em", (false, false)),
            ("user", (false, false)),
            ("audit.users", (false, true)),
            ("audit", (false, true)),
            ("", (false, false)),
        ] {
            let name = ObjectName::new(name);
            assert_eq!((name.selects(&column), name.selects(&foreign)), expected, "{name:?}");
        }
    }
}
