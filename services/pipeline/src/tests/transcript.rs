//! The documents of the service are those of the service.

#[tokio::test]
async fn the_openapi_document_matches_its_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("pipeline.db").display());
    let (client, _) = super::services();
    let service =
        crate::application(crate::Settings::of(&database), client).await.expect("a service");
    wsgiservice::testing::assert_openapi(service, "openapi.json");
}
