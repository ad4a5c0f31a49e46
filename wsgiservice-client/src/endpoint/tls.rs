//! TLS to an endpoint.

use std::{
    fmt, fs, io,
    path::Path,
    sync::{Arc, RwLock},
};

use http::{HeaderValue, uri::Authority};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
};
use tokio_rustls::TlsConnector;

use super::dial::{Opened, Stream};
use crate::{
    error::{BoxError, Error, Result},
    topology::TlsFiles,
};

/// The configuration of TLS, which all endpoints share and a reload replaces.
#[derive(Clone)]
pub(crate) struct Tls(Arc<RwLock<Arc<ClientConfig>>>);

impl Tls {
    /// Reads the files; without any, the roots are those of the system.
    pub(crate) fn load(files: Option<&TlsFiles>) -> Result<Self> {
        Ok(Self(Arc::new(RwLock::new(Arc::new(config(files)?)))))
    }

    /// Uses other files for new connections.
    pub(crate) fn reload(&self, files: Option<&TlsFiles>) -> Result<()> {
        let config = Arc::new(config(files)?);
        *self.0.write().unwrap_or_else(std::sync::PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) async fn connect(
        &self,
        stream: Box<dyn Stream>,
        host: &HeaderValue,
    ) -> std::result::Result<Opened, BoxError> {
        let config = Arc::clone(&self.0.read().unwrap_or_else(std::sync::PoisonError::into_inner));
        let authority = Authority::try_from(host.as_bytes())?;
        let name = ServerName::try_from(authority.host().trim_matches(['[', ']']).to_owned())?;
        let stream = TlsConnector::from(config).connect(name, stream).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Opened { stream: Box::new(stream), is_http2 })
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

fn config(files: Option<&TlsFiles>) -> Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::invalid("TLS has no protocol version").because(error))?
        .with_root_certificates(roots(files.and_then(|files| files.ca.as_deref()))?);
    let mut config = match files.and_then(|files| files.identity.as_ref()) {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
            .map_err(|error| unusable(certificate, error))?,
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn roots(file: Option<&Path>) -> Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    let Some(file) = file else {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return Ok(roots);
    };
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| unusable(file, error))?;
    }
    Ok(roots)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let text = read(file)?;
    let certificates: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(&text).collect();
    let certificates = certificates.map_err(|error| unusable(file, error))?;
    match certificates.is_empty() {
        true => Err(unusable(file, io::Error::other("no certificate in it"))),
        false => Ok(certificates),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(&read(file)?).map_err(|error| unusable(file, error))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).map_err(|error| unusable(file, error))
}

fn unusable(file: &Path, source: impl Into<BoxError>) -> Error {
    let source = source.into();
    Error::invalid(format!("cannot use {}: {source}", file.display())).because(source)
}
