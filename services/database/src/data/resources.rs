//! The resources by which users are moved.

use wsgiservice::{
    Application,
    answer::{Binary, media_type::MediaType},
    content::ContentStream,
    mount, resource,
};

use super::{
    Data, Failure, Placement, User,
    placement::{Asked, Told},
};

pub(super) fn mount(data: &Data, application: Application) -> Application {
    application
        .mount(PlacementOf { data: data.clone() })
        .mount(Export { data: data.clone() })
        .mount(Import { data: data.clone() })
}

/// Where a user is, as this service knows it.
#[mount("/1/placement/{user}")]
struct PlacementOf {
    data: Data,
}

#[resource]
impl PlacementOf {
    /// Return the placement of a user.
    async fn get(&self, user: User) -> Result<Option<Placement>, Failure> {
        Ok(self.data.placement(&user).await?)
    }

    /// Change the placement of a user, as the cluster service decides. A call may come late, and again.
    async fn put(
        &self,
        user: User,
        #[validate(doc = "The version of the directory.")] version: i64,
        state: Told,
        #[validate(
            re = "[0-9A-Za-z][0-9A-Za-z_.-]*",
            len = 1..=64,
            doc = "The cluster of a user who is away, and required then."
        )]
        cluster: Option<String>,
        #[validate(doc = "Refuse to freeze what was written after this time, in milliseconds.")]
        since: Option<i64>,
    ) -> Result<Placement, Failure> {
        self.data.place(user.to_string(), Asked::new(state, version, cluster, since)?).await
    }
}

/// All that this service has of a user.
#[mount("/1/export/{user}")]
struct Export {
    data: Data,
}

#[resource]
impl Export {
    /// Return all that this service has of a user who is frozen at this version, a line in JSON for each row.
    async fn get(&self, user: User, version: i64) -> Result<Binary<Lines>, Failure> {
        Ok(Binary::of_stream(self.data.export(&user, version).await?))
    }
}

/// Takes over a user.
#[mount("/1/import/{user}")]
struct Import {
    data: Data,
}

#[resource]
impl Import {
    /// Replace all that this service has of a user by an export.
    #[limit(content = 16 << 30, time = 3600)]
    async fn post(
        &self,
        user: User,
        version: i64,
        lines: ContentStream,
    ) -> Result<Placement, Failure> {
        self.data.import(user.to_string(), version, lines).await
    }
}

/// Lines in JSON.
#[derive(Debug, MediaType)]
#[media_type("application/x-ndjson")]
struct Lines;
