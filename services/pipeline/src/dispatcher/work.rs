//! What the task of the dispatcher has at hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use database::Error;
use test_hooks::now;
use tokio::{task::JoinSet, time::Instant};

use super::{
    Dispatcher, POLL,
    active::Active,
    deliver::deliver,
    places::{Place, Places},
};
use crate::spool::{Claim, Claimed, Ended, KnownListener, Switch, Wanted};

/// How many results are written, and how many deliveries are claimed, in one transaction, which holds up all others.
const PORTION: usize = 128;

/// What the task of the dispatcher has at hand.
pub(crate) struct Work {
    dispatcher: Dispatcher,
    /// The listeners that get deliveries.
    active: BTreeMap<String, Arc<Active>>,
    /// When each of them may have something to claim.
    next: BTreeMap<String, i64>,
    /// Those whose deliveries are to be dropped.
    dropping: Vec<String>,
    places: Places,
    deliveries: JoinSet<(Ended, Place)>,
    /// The results that are not written yet.
    ended: Vec<Ended>,
    /// When the spool was polled.
    polled: Option<Instant>,
    /// The listener that was asked for last: the next ones have their turn.
    last: String,
}

impl Work {
    pub(crate) fn new(dispatcher: Dispatcher) -> Self {
        Self {
            dispatcher,
            active: BTreeMap::new(),
            next: BTreeMap::new(),
            dropping: Vec::new(),
            places: Places::default(),
            deliveries: JoinSet::new(),
            ended: Vec::new(),
            polled: None,
            last: String::new(),
        }
    }

    /// Writes the results that have come in, claims what is due, and starts to send it.
    pub(crate) async fn round(&mut self) -> Result<(), Error> {
        self.take_hints().await?;
        self.drop_some().await?;
        while let Some(ended) = self.deliveries.try_join_next() {
            self.take(ended);
        }
        let wanted = self.wanted();
        if self.ended.is_empty() && wanted.is_empty() {
            return Ok(());
        }
        self.exchange(wanted).await
    }

    /// Waits until there is a reason for the next round.
    pub(crate) async fn wait(&mut self) {
        let until = self.polled.map_or_else(Instant::now, |polled| polled + POLL);
        let pause = until.saturating_duration_since(Instant::now()).min(self.pause());
        let dispatcher = self.dispatcher.clone();
        tokio::select! {
            () = dispatcher.hints().wait() => {}
            Some(ended) = self.deliveries.join_next() => self.take(ended),
            () = tokio::time::sleep(pause) => {}
        }
    }

    /// Waits for what is under way, but not for long, and writes the last results.
    pub(crate) async fn finish(&mut self, longest: Duration) -> Result<(), Error> {
        let all = async {
            while let Some(ended) = self.deliveries.join_next().await {
                self.ended.extend(ended.ok().map(|(ended, _)| ended));
            }
        };
        let _ = tokio::time::timeout(longest, all).await;
        self.deliveries.abort_all();
        while !self.ended.is_empty() {
            self.exchange(Vec::new()).await?;
        }
        Ok(())
    }

    /// How long nothing is due for a listener with a free place.
    fn pause(&self) -> Duration {
        if !self.dropping.is_empty() || !self.ended.is_empty() {
            return Duration::ZERO;
        }
        let has_place = |name: &String| {
            self.active.get(name).is_some_and(|active| self.places.free(&active.listener) > 0)
        };
        let next =
            self.next.iter().filter(|(name, _)| has_place(name)).map(|(_, next)| *next).min();
        next.map_or(POLL, |next| {
            Duration::from_millis(next.saturating_sub(now()).max(0).unsigned_abs())
        })
    }

    /// Takes over hints, and polls the spool if that is due.
    async fn take_hints(&mut self) -> Result<(), Error> {
        let pending = self.dispatcher.hints().take();
        let is_due = self.polled.is_none_or(|polled| polled.elapsed() >= POLL);
        if is_due || pending.is_changed {
            self.poll().await?;
        }
        let now = now();
        self.next.extend(pending.listeners.into_iter().map(|listener| (listener, now)));
        Ok(())
    }

    async fn poll(&mut self) -> Result<(), Error> {
        let spool = self.dispatcher.spool().clone();
        let known = spool.listeners().await?;
        self.dropping = known
            .iter()
            .filter(|known| known.switch != Switch::On)
            .map(|known| known.listener.name.clone())
            .collect();
        self.activate(known);
        let names: Vec<_> = self.active.keys().cloned().collect();
        let next = spool.next(&names).await?;
        self.next =
            names.into_iter().zip(next).filter_map(|(name, it)| Some((name, it?))).collect();
        self.polled = Some(Instant::now());
        Ok(())
    }

    /// Takes over the listeners that are new or have changed.
    fn activate(&mut self, known: Vec<KnownListener>) {
        let cluster = self.dispatcher.cluster();
        let mut before = std::mem::take(&mut self.active);
        for KnownListener { listener, .. } in known.into_iter().filter(|it| it.switch == Switch::On)
        {
            let name = listener.name.clone();
            let same = before.remove(&name).filter(|active| active.listener == listener);
            let unknown = self.dispatcher.unknown_place(&listener);
            if let Some(unknown) = unknown.filter(|_| same.is_none()) {
                tracing::warn!(
                    listener = name,
                    unknown,
                    "a listener cannot be called until the topology has what it names"
                );
            }
            let active = same.map_or_else(|| Active::new(listener, &cluster).map(Arc::new), Ok);
            if let Err(error) = &active {
                tracing::error!(listener = name, error, "a listener cannot be called");
            }
            self.active.extend(active.ok().map(|active| (name, active)));
        }
    }

    /// Drops a portion of what waits for those that are switched off or were removed.
    async fn drop_some(&mut self) -> Result<(), Error> {
        let spool = self.dispatcher.spool().clone();
        while let Some(listener) = self.dropping.pop() {
            if spool.has_to_drop(&listener).await? && !spool.drop_some(&listener).await? {
                self.dropping.push(listener);
                break;
            }
        }
        Ok(())
    }

    fn take(&mut self, ended: Result<(Ended, Place), tokio::task::JoinError>) {
        match ended {
            Ok((ended, place)) => {
                drop(place);
                self.ended.push(ended);
            }
            // Its lease runs out.
            Err(error) => tracing::error!(%error, "a delivery has panicked"),
        }
    }

    /// What can be sent, for those who may have something to claim, in turn, as far as there are places.
    fn wanted(&mut self) -> Vec<Wanted> {
        let (now, gone) = (now(), self.gone());
        let is_due = |name: &str| self.next.get(name).is_some_and(|next| *next <= now);
        let due = self.active.iter().filter(|(name, _)| is_due(name) && !gone.contains(&***name));
        let mut due: Vec<_> = due.map(|(_, active)| active).collect();
        let first = due.partition_point(|active| active.listener.name <= self.last);
        due.rotate_left(first);
        let mut portion = self.places.portion(PORTION);
        let wanted = due.into_iter().filter_map(|active| {
            let limit = portion.take(&active.listener)?;
            Some(active.wanted(limit))
        });
        let wanted: Vec<_> = wanted.collect();
        if let Some(last) = wanted.last() {
            self.last.clone_from(&last.listener);
        }
        wanted
    }

    /// The listeners that have just said that they are gone.
    fn gone(&self) -> BTreeSet<&str> {
        self.ended.iter().filter(|ended| ended.is_gone()).map(|ended| &*ended.listener).collect()
    }

    /// Writes a portion of the results, and claims what is wanted.
    async fn exchange(&mut self, wanted: Vec<Wanted>) -> Result<(), Error> {
        let spool = self.dispatcher.spool().clone();
        let ended: Vec<_> = self.ended.iter().take(PORTION).cloned().collect();
        let claimed = spool.exchange(ended.clone(), wanted).await?;
        self.ended.drain(..ended.len());
        for ended in &ended {
            ended.log();
            spool.figures().ended(&ended.result);
        }
        if !ended.is_empty() {
            test_hooks::reached("pipeline::after_result").await;
        }
        if ended.iter().any(Ended::is_gone) {
            self.dispatcher.hints().changed();
        }
        if claimed.iter().any(|claimed| !claimed.claims.is_empty()) {
            test_hooks::reached("pipeline::after_claim").await;
        }
        // After a result, there may be something to claim: the next one of a lane.
        self.next.extend(ended.into_iter().map(|ended| (ended.listener, now())));
        for Claimed { listener, claims, next } in claimed {
            self.next.remove(&listener);
            self.next.extend(next.map(|next| (listener, next)));
            claims.into_iter().for_each(|claim| self.start(claim));
        }
        Ok(())
    }

    fn start(&mut self, claim: Claim) {
        let Some(active) = self.active.get(&claim.listener).map(Arc::clone) else { return };
        let place = self.places.take(&claim.listener);
        let client = self.dispatcher.client().clone();
        let under_way = self.dispatcher.spool().figures().begin();
        self.deliveries.spawn(async move {
            let _under_way = under_way;
            (deliver(&client, &active, &claim).await, place)
        });
    }

    /// Works until nothing is under way, or due now.
    #[cfg(test)]
    pub(crate) async fn settle(&mut self) {
        loop {
            self.polled = None;
            self.round().await.expect("a spool");
            let ended = self.deliveries.join_next().await;
            let is_idle =
                ended.is_none() && self.dropping.is_empty() && self.pause() > Duration::ZERO;
            ended.into_iter().for_each(|ended| self.take(ended));
            if is_idle && self.ended.is_empty() {
                return;
            }
        }
    }
}
