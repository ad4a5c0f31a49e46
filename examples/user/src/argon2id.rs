//! Argon2id with the parameters that OWASP recommends, in memory that is used again.

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{
        self, generate_salt,
        phc::{self, Output, ParamsString, PasswordHash, Salt},
    },
};

/// The memory in which passwords are hashed, one after the other: 19 MiB with our parameters.
pub(crate) type Memory = Vec<Block>;

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HashError {
    #[error("cannot hash the password")]
    Argon2(#[from] argon2::Error),
    #[error("a password hash has unknown parameters")]
    Parameters(#[from] password_hash::Error),
    #[error("a password hash is invalid")]
    Format(#[from] phc::Error),
}

/// The hash of a password, with its salt and parameters.
pub(crate) fn hash(password: &str, memory: &mut Memory) -> Result<String, HashError> {
    let (algorithm, version, params) = Default::default();
    let salt = Salt::new(&generate_salt())?;
    let output = derive(&Argon2::new(algorithm, version, params), password, &salt, memory)?;
    let hash = PasswordHash {
        algorithm: algorithm.ident(),
        version: Some(version.into()),
        params: ParamsString::try_from(&Params::default())?,
        salt: Some(salt),
        hash: Some(output),
    };
    Ok(hash.to_string())
}

/// Whether this password has the stored hash, with the parameters that are stored with it.
pub(crate) fn verify(password: &str, stored: &str, memory: &mut Memory) -> Result<bool, HashError> {
    let stored = PasswordHash::new(stored)?;
    let (Some(salt), Some(expected)) = (stored.salt, stored.hash) else {
        return Err(phc::Error::MissingField.into());
    };
    let algorithm = Algorithm::try_from(stored.algorithm.as_str())?;
    let version = stored.version.map_or(Ok(Version::default()), Version::try_from)?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(&stored)?);
    // The comparison takes the same time for all outputs.
    Ok(derive(&argon2, password, &salt, memory)? == expected)
}

/// Derives the output from a password, in this memory, which grows to what the parameters require.
fn derive(
    argon2: &Argon2<'_>,
    password: &str,
    salt: &Salt,
    memory: &mut Memory,
) -> Result<Output, HashError> {
    let params = argon2.params();
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::new());
    }
    let mut output = [0; Output::MAX_LENGTH];
    let (output, _) =
        output.split_at_mut(params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN));
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, output, memory)?;
    Ok(Output::new(output)?)
}

#[cfg(test)]
mod tests {
    use argon2::{CustomizedPasswordHasher, PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn hashes_are_those_of_the_library() {
        let memory = &mut Memory::new();
        let ours = hash("right", memory).expect("a hash");
        let argon2 = Argon2::default();
        assert_eq!(argon2.verify_password(b"right", ours.as_str()), Ok(()));
        let theirs = argon2.hash_password(b"right").expect("a hash").to_string();
        assert!(verify("right", &theirs, memory).expect("a hash"));
        assert!(!verify("wrong", &theirs, memory).expect("a hash"));
    }

    #[test]
    fn a_stored_hash_is_verified_with_its_own_parameters() {
        let memory = &mut Memory::new();
        for (algorithm, version, params) in [
            ("argon2i", 0x13, Params::new(64, 1, 1, Some(16))),
            ("argon2d", 0x10, Params::new(20 << 10, 1, 2, Some(64))),
            ("argon2id", 0x13, Params::new(8, 3, 1, None)),
        ] {
            let salt = generate_salt();
            let (algorithm, version) = (Some(algorithm), Some(version));
            let params = params.expect("parameters");
            let stored = Argon2::default()
                .hash_password_customized(b"right", &salt, algorithm, version, params)
                .expect("a hash")
                .to_string();
            assert!(verify("right", &stored, memory).expect("a hash"), "{stored}");
            assert!(!verify("wrong", &stored, memory).expect("a hash"), "{stored}");
        }
    }

    #[test]
    fn an_invalid_hash_is_an_error() {
        for stored in
            ["", "plain text", "$argon2id$v=19$m=64,t=1,p=1", "$scrypt$c2FsdHNhbHQ$aGFzaA"]
        {
            assert!(verify("any", stored, &mut Memory::new()).is_err(), "{stored}");
        }
    }
}
