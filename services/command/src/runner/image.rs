//! What is there before a step.

use futures_util::StreamExt;
use http::{StatusCode, header};
use wsgiservice_client::Response;

use super::{
    Runner, Stopped,
    call::{Reply, Verdict, version},
    commit::Pauses,
};
use crate::{
    database::Ticket,
    work::{Bytes, Image, Payload, State},
};

/// The size of the largest image, in bytes.
const LARGEST: usize = 1 << 20;

/// The size of all images of a command together, in bytes.
const LARGEST_TOGETHER: usize = 8 << 20;

/// What a service says of something that is to be changed.
pub(super) enum Lookup {
    Image(Image),
    Refused(Reply),
    Unknown(String),
}

impl Runner {
    /// Looks what is there, past every cache.
    pub(super) async fn look(&self, user: &str, path: &str) -> Lookup {
        let Ok(place) = self.routes().place(path) else {
            return Lookup::Refused(Reply::of_status(404));
        };
        let call = self
            .client()
            .get(&place.service, user, path)
            .header(header::ACCEPT, "application/json, */*;q=0.5")
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CACHE_CONTROL, "no-cache");
        match call.await {
            Ok(response) => Lookup::of(response).await,
            Err(error) => Lookup::of_verdict(Verdict::of_error(&error)),
        }
    }

    /// Looks what is there until that is known.
    pub(super) async fn look_again(&self, ticket: &Ticket, path: &str) -> Result<Lookup, Stopped> {
        let mut pauses = Pauses::new();
        loop {
            if ticket.is_too_old() {
                return Err(self.give_up(ticket).await);
            }
            match self.look(&ticket.user, path).await {
                Lookup::Unknown(_) => pauses.next().await,
                seen => return Ok(seen),
            }
        }
    }
}

impl Lookup {
    async fn of(response: Response) -> Self {
        let version = version(response.headers());
        match response.status() {
            StatusCode::OK if version.is_some() => match content(response).await {
                Ok(state) => Self::Image(Image { state, version }),
                Err(error) => Self::Unknown(error),
            },
            StatusCode::NOT_FOUND => Self::Image(Image { state: State::Absent, version }),
            StatusCode::OK => Self::Unknown("a response has no X-Version".to_owned()),
            _ => Self::of_verdict(Verdict::of(response).await),
        }
    }

    fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Refused(reply) | Verdict::Changed(reply) => Self::Refused(reply),
            Verdict::Done(reply) => Self::Unknown(format!("unexpected status {}", reply.status)),
            Verdict::Unknown(error) => Self::Unknown(error),
        }
    }
}

/// The size of images together, in bytes.
pub(super) fn size(images: &[Option<Image>]) -> usize {
    images.iter().flatten().map(Image::size).sum()
}

/// The image of a step beside those of the others: if it is too large, it is only known that it was there.
pub(super) fn fitting(image: Image, images: &[Option<Image>], index: usize) -> Image {
    let replaced = images.get(index).and_then(Option::as_ref).map_or(0, Image::size);
    match size(images) - replaced + image.size() > LARGEST_TOGETHER {
        true => image.without_content(),
        false => image,
    }
}

/// The content of a response, unless it is too large to be kept.
async fn content(response: Response) -> Result<State, String> {
    let media_type = response.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let mut pieces = Box::pin(response.bytes_stream());
    let mut bytes = Vec::new();
    while let Some(piece) = pieces.next().await {
        bytes.extend_from_slice(&piece.map_err(|error| error.to_string())?);
        if bytes.len() > LARGEST {
            return Ok(State::TooLarge);
        }
    }
    Ok(State::Present(Payload { media_type, bytes: Bytes(bytes.into()) }))
}
