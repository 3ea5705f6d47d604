// PhantomDicom
