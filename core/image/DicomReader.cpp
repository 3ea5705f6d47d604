// DicomReader
