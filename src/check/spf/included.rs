//! Reads the SPF records of included domains.

use std::cell::RefCell;
use std::rc::Rc;

use foldhash::{HashMap, HashMapExt as _};

use crate::facts::{Existence, FactsView, LookupFailure};
use crate::record::spf::SpfRecord;
use crate::record::{Name, Question, RecordType};

use super::text_of;

/// The record of an included domain.
pub(super) enum Included {
    /// The domain lies outside the zone files.
    Outside,
    /// The record could not be looked up.
    Failed(LookupFailure),
    /// There is no TXT record, or no SPF record among them.
    Missing {
        /// True if the lookup is void.
        is_void: bool,
    },
    /// The domain has more than one SPF record.
    Several,
    /// One.
    One(SpfRecord),
}

/// The records of included domains in one view of the facts. Each is read once, for any number of walks.
pub(super) struct Reader<'a> {
    /// The facts.
    pub(super) view: &'a FactsView<'a>,
    read: RefCell<HashMap<Name, Rc<Included>>>,
}

impl<'a> Reader<'a> {
    /// Returns a reader that has not read anything yet.
    pub(super) fn new(view: &'a FactsView<'a>) -> Self {
        Self { view, read: RefCell::new(HashMap::new()) }
    }

    /// Returns whether the domain has one SPF record, or may have it.
    pub(super) fn may_have_record(&self, name: &Name) -> bool {
        match &*self.included(name) {
            Included::Outside | Included::Failed(_) | Included::One(_) => true,
            Included::Missing { .. } | Included::Several => false,
        }
    }

    /// Returns the record of an included domain.
    pub(super) fn included(&self, name: &Name) -> Rc<Included> {
        if let Some(included) = self.read.borrow().get(name) {
            return Rc::clone(included);
        }
        let included = match self.view.answer(&Question::new(name.clone(), RecordType::Txt)) {
            Err(failure) => Included::Failed(failure),
            Ok(answer) if answer.existence == Existence::Outside => Included::Outside,
            Ok(answer) => {
                let texts = answer.set.data.iter().filter_map(text_of);
                let mut records = texts.filter_map(SpfRecord::parse);
                match (records.next(), records.next()) {
                    (None, _) => Included::Missing { is_void: answer.set.is_empty() },
                    (Some(record), None) => Included::One(record),
                    (Some(_), Some(_)) => Included::Several,
                }
            }
        };
        let included = Rc::new(included);
        self.read.borrow_mut().insert(name.clone(), Rc::clone(&included));
        included
    }
}
